package mask

import (
	"encoding/base64"
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"
)

// spellings are the ways in which a secret shows up in text: as it is, line by line, in the escapes of Go and
// JSON, and in base64, the form that a Secret's data has.
func spellings(secret string) []string {
	candidates := append(strings.Split(secret, "\n"), secret, strings.TrimSpace(secret))
	for _, s := range []string{secret, strings.TrimRight(secret, "\n")} {
		candidates = append(candidates,
			unquoted(strconv.Quote(s)),
			jsonEscaped(s),
			base64.StdEncoding.EncodeToString([]byte(s)),
			base64.RawURLEncoding.EncodeToString([]byte(s)))
	}
	var long []string
	for _, c := range candidates {
		if c = strings.TrimSpace(c); utf8.RuneCountInString(c) >= shortest {
			long = append(long, c)
		}
	}
	return long
}

func jsonEscaped(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		return s // not reached: a string always has a form in JSON
	}
	return unquoted(string(b))
}

// unquoted cuts the quotes off; the escapes inside stay, as they would in the middle of a longer text.
func unquoted(s string) string { return s[1 : len(s)-1] }
