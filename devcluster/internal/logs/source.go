package logs

import (
	"context"
	"iter"
	"time"
)

// Line is one line of a log. Text ends in a newline, except for the last line
// of a container that ended in the middle of one.
type Line struct {
	Time time.Time
	Text []byte
}

// Source is the log of one run of a container. Positions are the source's own
// measure (bytes, lines); zero is the beginning.
type Source interface {
	// Tail is the position at which the last n lines written so far begin.
	Tail(n int64) (int64, error)
	// Lines yields the lines from a position on. With follow it waits for
	// more until the run has ended or ctx is done, and then just stops. A
	// line's text is valid only until the next one is asked for.
	Lines(ctx context.Context, from int64, follow bool) iter.Seq2[Line, error]
}
