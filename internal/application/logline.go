package application

import (
	"strconv"
	"strings"
	"time"
)

// Line is what a log line of the installer says, its fields apart. Foreign
// lines have a message only.
type Line struct {
	Time    time.Time
	Seq     int64
	Step    string
	State   StepState
	Message string
}

// parseLine reads `time= seq= step= state= msg="…"`.
func parseLine(s string) Line {
	rest, fields := s, map[string]string{}
	for rest != "" {
		key, after, ok := strings.Cut(rest, "=")
		if !ok || strings.ContainsAny(key, " \"") {
			return Line{Message: s}
		}
		value, left, ok := cutValue(after)
		if !ok {
			return Line{Message: s}
		}
		fields[key], rest = value, strings.TrimLeft(left, " ")
	}
	seq, err := strconv.ParseInt(fields["seq"], 10, 64)
	if err != nil || seq < 1 {
		return Line{Message: s}
	}
	at, _ := time.Parse(time.RFC3339Nano, fields["time"])
	return Line{Time: at, Seq: seq, Step: fields["step"], State: StepState(fields["state"]), Message: fields["msg"]}
}

// cutValue takes a quoted or bare value off the front of s.
func cutValue(s string) (value, rest string, ok bool) {
	if !strings.HasPrefix(s, `"`) {
		value, rest, _ = strings.Cut(s, " ")
		return value, rest, true
	}
	quoted, err := strconv.QuotedPrefix(s)
	if err != nil {
		return "", "", false
	}
	value, err = strconv.Unquote(quoted)
	return value, s[len(quoted):], err == nil
}
