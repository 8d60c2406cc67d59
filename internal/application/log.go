package application

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
)

// LogLine is one line of an operation's log.
type LogLine struct {
	// Seq starts at 1 and rises. Where it jumps, lines are missing.
	Seq int64
	// Text is content from the cluster, cleaned: escape it where it is shown.
	Text string
}

const (
	// maxLine is the longest line that is kept, in bytes; the rest of a longer
	// one is dropped.
	maxLine = 16 << 10
	// maxLog bounds what is read of one pod's log, in bytes. The store keeps
	// the head and the tail of it.
	maxLog = 64 << 20
	// batchLines and batchEvery bound what one write to the store waits for.
	batchLines = 200
	batchEvery = 50 * time.Millisecond
)

// Whether the text after the last line break is a line of its own. While the
// container writes, it is the beginning of one.
const (
	dropTail = false
	keepTail = true
)

// lineReader cuts a log into numbered lines. It must start at the first line.
// A line's number is the one it carries, as seq=, or the one after its
// predecessor's when it carries none or one that was used. So reading the same
// log again numbers it the same.
type lineReader struct {
	in   *bufio.Reader
	tail bool
	last int64
}

func newLineReader(in io.Reader, tail bool) *lineReader {
	return &lineReader{in: bufio.NewReaderSize(io.LimitReader(in, maxLog), maxLine), tail: tail}
}

// next returns the next line, cleaned. It returns io.EOF after the last one.
func (r *lineReader) next() (LogLine, error) {
	raw, err := r.in.ReadSlice('\n')
	text := string(raw)
	for errors.Is(err, bufio.ErrBufferFull) {
		_, err = r.in.ReadSlice('\n')
	}
	if err != nil && (!errors.Is(err, io.EOF) || !r.tail || text == "") {
		return LogLine{}, err //nolint:wrapcheck // io.EOF as it is, others are wrapped by the caller
	}
	for len(text) > 0 && (text[len(text)-1] == '\n' || text[len(text)-1] == '\r') {
		text = text[:len(text)-1]
	}
	line := LogLine{Text: apperr.Clean(text, maxLine).String()}
	r.last = number(r.last, parseLine(line.Text).Seq)
	line.Seq = r.last
	return line, nil
}

// number is what the line after last gets when it says that it is seq. A gap
// is where the node dropped old lines; a gap beyond belief is not one.
func number(last, seq int64) int64 {
	const believable = 1 << 20
	if seq > last && seq-last <= believable {
		return seq
	}
	return last + 1
}

// lineStore is where lines go.
type lineStore interface {
	AppendLog(ctx context.Context, operationID, epoch int64, lines []LogLine) error
	LastLogSeq(ctx context.Context, operationID int64) (int64, error)
}

// storeLog stores the lines of a log that are not stored yet, in batches,
// until the log ends. A line waits at most batchEvery for its batch.
func storeLog(ctx context.Context, store lineStore, id, epoch int64, log io.Reader, tail bool) error {
	last, err := store.LastLogSeq(ctx, id)
	if err != nil {
		return fmt.Errorf("read the last stored line: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	lines := make(chan LogLine, batchLines)
	read := make(chan error, 1)
	go func() {
		defer close(lines)
		read <- readLines(ctx, newLineReader(log, tail), last, lines)
	}()
	for batch := range batches(lines) {
		if err := store.AppendLog(ctx, id, epoch, batch); err != nil {
			return fmt.Errorf("store log lines: %w", err)
		}
	}
	return <-read
}

// readLines sends the lines after last until the log or ctx ends.
func readLines(ctx context.Context, r *lineReader, last int64, lines chan<- LogLine) error {
	for {
		line, err := r.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read the log: %w", err)
		}
		if line.Seq <= last {
			continue
		}
		select {
		case lines <- line:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// batches groups lines: a batch ends when it is full, or batchEvery after its
// first line.
func batches(lines <-chan LogLine) func(yield func([]LogLine) bool) {
	return func(yield func([]LogLine) bool) {
		for first := range lines {
			batch := gather(first, lines)
			if !yield(batch) {
				return
			}
		}
	}
}

func gather(first LogLine, lines <-chan LogLine) []LogLine {
	batch := []LogLine{first}
	timer := time.NewTimer(batchEvery)
	defer timer.Stop()
	for len(batch) < batchLines {
		select {
		case line, ok := <-lines:
			if !ok {
				return batch
			}
			batch = append(batch, line)
		case <-timer.C:
			return batch
		}
	}
	return batch
}
