package auth

import (
	"strings"
	"unicode"
)

const (
	// home is where a sign-in leads that says nothing better.
	home = "/"
	// maxReturnPath bounds what is kept for a sign-in, in bytes.
	maxReturnPath = 2048
)

// ReturnPath is where to go after signing in: the text if it is a path of ours, else the first page. What browsers could
// take for another host is none: a second slash, a backslash, or characters that they drop.
func ReturnPath(text string) string {
	other := !strings.HasPrefix(text, "/") || strings.HasPrefix(text, "//") || len(text) > maxReturnPath
	odd := strings.ContainsRune(text, '\\') || strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) })
	if other || odd || strings.HasPrefix(text, "/sign-in") {
		return home
	}
	return text
}
