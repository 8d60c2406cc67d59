package logline

import (
	"io"
	"strings"
)

// StandardLog returns the writer for Go's standard logger, through which Helm reports values that do not fit
// together. It prints the value in parentheses; that part is left out.
func (l *Log) StandardLog() io.Writer { return standardLog{l} }

type standardLog struct{ log *Log }

// Write takes one message, as the standard logger hands them over.
func (s standardLog) Write(p []byte) (int, error) {
	msg, _, _ := strings.Cut(string(p), " (")
	s.log.Runningf("%s%s", helmPrefix, strings.TrimSpace(msg))
	return len(p), nil
}
