package telemetry

import (
	"fmt"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// asciiWriter writes JSON with every character that is not plain ASCII as an escape. A log is looked at in terminals,
// where one direction mark in the name of an object would turn the rest of the line around; JSON's own escaping leaves
// such marks as they are. No text is lost by it.
type asciiWriter struct{ out io.Writer }

// Write escapes one whole line.
func (w asciiWriter) Write(line []byte) (int, error) {
	if _, err := w.out.Write(escaped(line)); err != nil {
		return 0, err
	}
	return len(line), nil
}

func escaped(line []byte) []byte {
	for i, c := range line {
		if c >= 0x7f {
			return appendEscaped(append(make([]byte, 0, 2*len(line)), line[:i]...), line[i:])
		}
	}
	return line
}

func appendEscaped(out, rest []byte) []byte {
	for len(rest) > 0 {
		r, size := utf8.DecodeRune(rest)
		rest = rest[size:]
		high, low := utf16.EncodeRune(r)
		switch {
		case r < 0x7f:
			out = append(out, byte(r))
		case r > 0xffff:
			out = fmt.Appendf(out, `\u%04x\u%04x`, high, low)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
	}
	return out
}
