package chart

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
)

// yamlEntries returns the YAML beneath entries.<name> of an index in block style, the form that Helm writes:
//
//	entries:
//	  web:
//	  - version: 1.0.0
//
// It goes by indentation, line by line, and reads no further than it must. In a quoted text that someone folded
// to the left margin it could stop early, and the parser would complain.
func yamlEntries(in *bufio.Reader, name string) ([]byte, error) {
	c := cutter{name: name, indent: -1}
	for last := false; !c.done && !last; {
		line, err := in.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			line, err = longLine(in, line)
		}
		if last = errors.Is(err, io.EOF); err != nil && !last {
			return nil, unreachable(err)
		}
		if err := c.line(line); err != nil {
			return nil, err
		}
	}
	return c.text.Bytes(), nil
}

// longLine reads the rest of a line that does not fit the reader's buffer.
func longLine(in *bufio.Reader, start []byte) ([]byte, error) {
	start = bytes.Clone(start)
	rest, err := in.ReadBytes('\n')
	return append(start, rest...), err
}

// cutter is the state of a walk over the lines of an index.
type cutter struct {
	name string

	inEntries bool         // after "entries:"
	indent    int          // of the names of charts; -1 until the first one
	inChart   bool         // after "<name>:"
	text      bytes.Buffer // the lines of the chart
	done      bool         // nothing that follows matters
}

// line takes one line.
func (c *cutter) line(line []byte) error {
	text := bytes.TrimLeft(line, " ")
	depth := len(line) - len(text)
	text = bytes.TrimRight(text, "\r\n ")
	switch {
	case len(text) == 0 || text[0] == '#':
		return c.keep(line)
	case !c.inEntries:
		c.inEntries = depth == 0 && bytes.HasPrefix(text, []byte("entries:"))
	case depth == 0 && text[0] != '-':
		c.done = true
	default:
		return c.entryLine(line, text, depth)
	}
	return nil
}

// entryLine takes a line beneath "entries:". Items of a list may stand at the depth of its name.
func (c *cutter) entryLine(line, text []byte, depth int) error {
	if c.indent < 0 {
		c.indent = depth
	}
	if depth != c.indent || text[0] == '-' {
		return c.keep(line)
	}
	c.done = c.inChart
	key, rest, _ := strings.Cut(string(text), ":")
	c.inChart = strings.Trim(key, `"'`) == c.name
	if c.inChart && strings.TrimSpace(rest) != "" {
		c.text.WriteString(rest) // a list in flow style, such as []
	}
	return nil
}

// keep adds a line to the text of the chart.
func (c *cutter) keep(line []byte) error {
	if !c.inChart {
		return nil
	}
	if c.text.Len()+len(line) > maxEntry {
		return fmt.Errorf("the index has more than %d bytes about it: %w", maxEntry, ErrInvalid)
	}
	c.text.Write(line)
	return nil
}
