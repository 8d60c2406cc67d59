package oidc

import (
	"encoding/json"
	"time"
)

// claims is what a token says, each claim as it was written. A claim of another type than it should have counts as not
// said: "true" is not true.
type claims map[string]json.RawMessage

// text is a claim that is a string, empty otherwise.
func (c claims) text(name string) string {
	var text *string
	if json.Unmarshal(c[name], &text) != nil || text == nil {
		return ""
	}
	return *text
}

// list is a claim that is a list of strings and nothing else, none otherwise.
func (c claims) list(name string) []string {
	var items []*string
	if json.Unmarshal(c[name], &items) != nil {
		return nil
	}
	list := make([]string, len(items))
	for i, item := range items {
		if item == nil {
			return nil
		}
		list[i] = *item
	}
	return list
}

// time is a claim that counts the seconds since 1970.
func (c claims) time(name string) (time.Time, bool) {
	var seconds *float64
	if json.Unmarshal(c[name], &seconds) != nil || seconds == nil || *seconds <= 0 || *seconds > maxSeconds {
		return time.Time{}, false
	}
	return time.Unix(int64(*seconds), 0), true
}

// maxSeconds is the end of the year 9999.
const maxSeconds = 253402300799

// email is the address that the provider vouches for.
func (c claims) email() string {
	if string(c["email_verified"]) != "true" {
		return ""
	}
	return c.text("email")
}
