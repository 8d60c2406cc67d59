package apperr_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/roadstead/roadstead/internal/apperr"
)

func TestClean(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		in   string
		max  int
		want apperr.Untrusted
	}{
		"plain":              {"web-7f9c", 64, "web-7f9c"},
		"html is left":       {"<b>x</b>", 64, "<b>x</b>"},
		"colour":             {"\x1b[31mred\x1b[0m", 64, "red"},
		"8-bit colour":       {"\u009b31mred", 64, "red"},
		"title":              {"a\x1b]0;owned\ab", 64, "ab"},
		"hyperlink":          {"\x1b]8;;https://x\x1b\\text\x1b]8;;\x1b\\", 64, "text"},
		"open ended title":   {"a\x1b]0;owned", 64, "a"},
		"reset":              {"a\x1bcb", 64, "ab"},
		"newline":            {"one\r\ntwo\tthree", 64, "one  two three"},
		"null and bell":      {"a\x00\ab", 64, "ab"},
		"bidi":               {"user\u202etxt.exe\u2066\u200f\ufeff", 64, "usertxt.exe"},
		"broken utf-8":       {"a\xffb", 64, "a\ufffdb"},
		"cut":                {"abcdef", 3, "abc"},
		"cut between runes":  {"aéé", 4, "aé"},
		"letters of a world": {"日本 øl", 64, "日本 øl"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := apperr.Clean(tc.in, tc.max); got != tc.want {
				t.Errorf("Clean(%q, %d) = %q, want %q", tc.in, tc.max, got, tc.want)
			}
		})
	}
}

func FuzzClean(f *testing.F) {
	for _, s := range []string{"a\x1b[31mb", "\x1b]0;x\a", "\u202e", "\xff\xfe", strings.Repeat("\x1b", 40)} {
		f.Add(s, 16)
	}
	f.Fuzz(func(t *testing.T, s string, limit int) {
		if limit < 0 || limit > 1<<16 {
			return
		}
		got := string(apperr.Clean(s, limit))
		if len(got) > limit || !utf8.ValidString(got) {
			t.Fatalf("Clean(%q, %d) = %q", s, limit, got)
		}
		for _, r := range got {
			if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
				t.Fatalf("%q keeps %U", got, r)
			}
		}
	})
}
