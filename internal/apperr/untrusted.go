package apperr

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Untrusted is text that a cluster wrote and a person asked to see: names, labels, log lines, events shown as
// such. Make one with Clean; escape it wherever it is shown, like any other text.
type Untrusted string

// Clean makes text from a cluster fit to be kept and shown. Escape sequences of terminals, control characters,
// bidi and other invisible format characters are dropped, line breaks and tabs become spaces, broken UTF-8
// becomes U+FFFD, and the result is cut to at most maxBytes bytes at a character's border.
func Clean(s string, maxBytes int) Untrusted {
	// Nothing is gained by scanning far beyond the cut: 8 covers text that is mostly dropped.
	if limit := 8 * maxBytes; len(s) > limit {
		s = s[:limit]
	}
	var b strings.Builder
	for len(s) > 0 {
		if n := escapeLen(s); n > 0 {
			s = s[n:]
			continue
		}
		r, size := utf8.DecodeRuneInString(s)
		s = s[size:]
		r = shown(r)
		if r < 0 {
			continue
		}
		if b.Len()+utf8.RuneLen(r) > maxBytes {
			break
		}
		b.WriteRune(r)
	}
	return Untrusted(b.String())
}

// String returns the cleaned text.
func (u Untrusted) String() string { return string(u) }

// shown maps a character to what may be shown in its place; negative for nothing.
func shown(r rune) rune {
	switch {
	case r == '\n', r == '\r', r == '\t', r == '\u2028', r == '\u2029':
		return ' '
	case unicode.IsControl(r), unicode.Is(unicode.Cf, r):
		return -1
	}
	return r
}

// escapeLen is the length of the terminal escape sequence at the start of s; 0 if there is none.
// A sequence without end takes the rest: its text was meant for the terminal, not for the reader.
func escapeLen(s string) int {
	switch {
	case strings.HasPrefix(s, "\x1b["):
		return csiLen(s, 2)
	case strings.HasPrefix(s, "\u009b"):
		return csiLen(s, len("\u009b"))
	case strings.HasPrefix(s, "\x1b]"), strings.HasPrefix(s, "\x1bP"), strings.HasPrefix(s, "\x1bX"),
		strings.HasPrefix(s, "\x1b^"), strings.HasPrefix(s, "\x1b_"):
		return stringEscapeLen(s)
	case len(s) >= 2 && s[0] == '\x1b' && s[1] < utf8.RuneSelf:
		return 2
	}
	return 0
}

// csiLen is the length of a control sequence whose parameters start at from: it ends with a byte from @ to ~.
func csiLen(s string, from int) int {
	for i := from; i < len(s); i++ {
		if s[i] >= 0x40 && s[i] <= 0x7e {
			return i + 1
		}
		if s[i] < 0x20 || s[i] > 0x7e {
			return i
		}
	}
	return len(s)
}

// stringEscapeLen is the length of a string sequence (title, hyperlink, device control), which ends with BEL or ST.
func stringEscapeLen(s string) int {
	for i := 2; i < len(s); i++ {
		if s[i] == '\a' {
			return i + 1
		}
		if s[i] == '\x1b' && i+1 < len(s) && s[i+1] == '\\' {
			return i + 2
		}
	}
	return len(s)
}
