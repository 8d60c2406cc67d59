package logline

import (
	"strings"
	"unicode/utf8"
)

const (
	maxLine  = 2 << 10 // bytes of one message
	maxLines = 40      // lines that one message may become
)

// lines splits a message into the lines that it becomes. An event in the log never spans two lines, and one
// that is too long is cut, since the text may come from a chart or a cluster.
func lines(msg string) []string {
	var out []string
	for line := range strings.Lines(msg) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		if len(out) == maxLines {
			return append(out, "…")
		}
		out = append(out, cut(line, maxLine))
	}
	if out == nil {
		return []string{""}
	}
	return out
}

// cut shortens a text to at most n bytes without splitting a character.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}
