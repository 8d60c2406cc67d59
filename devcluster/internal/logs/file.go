package logs

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"sync"
	"time"
)

// File stores the log of one run on disk, each line with the time at which it
// began. One writer, any number of readers at the same time.
type File struct {
	path string
	now  func() time.Time

	mu      sync.Mutex
	file    *os.File // nil once closed
	midLine bool
	grown   chan struct{} // closed and replaced whenever the file grew or ended
}

// Create makes an empty log at path.
func Create(path string) (*File, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("create a log: %w", err)
	}
	return &File{path: path, now: time.Now, file: file, grown: make(chan struct{})}, nil
}

// Write appends what a process wrote, in pieces of any size.
func (f *File) Write(data []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.file == nil {
		return 0, os.ErrClosed
	}
	var out []byte
	for rest := data; len(rest) > 0; {
		if !f.midLine {
			out = f.now().UTC().AppendFormat(out, time.RFC3339Nano)
			out = append(out, ' ')
		}
		end := bytes.IndexByte(rest, '\n') + 1
		f.midLine = end == 0
		if f.midLine {
			end = len(rest)
		}
		out = append(out, rest[:end]...)
		rest = rest[end:]
	}
	if _, err := f.file.Write(out); err != nil {
		return 0, fmt.Errorf("append to a log: %w", err)
	}
	f.announce()
	return len(data), nil
}

// Close ends the log: followers read what is left and stop.
func (f *File) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.file == nil {
		return nil
	}
	err := f.file.Close()
	f.file = nil
	f.announce()
	return err
}

func (f *File) announce() {
	close(f.grown)
	f.grown = make(chan struct{})
}

// state reports whether the log has ended, and the channel that tells of the
// next change. It is asked before reading, so no growth is missed.
func (f *File) state() (bool, <-chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.file == nil, f.grown
}

// Lines implements Source; positions are bytes.
func (f *File) Lines(ctx context.Context, from int64, follow bool) iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		file, err := os.Open(f.path)
		if err != nil {
			yield(Line{}, err)
			return
		}
		defer func() { _ = file.Close() }()
		if _, err := file.Seek(from, io.SeekStart); err != nil {
			yield(Line{}, err)
			return
		}
		f.read(ctx, bufio.NewReader(file), follow, yield)
	}
}

func (f *File) read(ctx context.Context, reader *bufio.Reader, follow bool, yield func(Line, error) bool) {
	var pending []byte
	for {
		ended, grown := f.state()
		var more bool
		if pending, more = drain(reader, pending, yield); !more {
			return
		}
		if ended || !follow {
			if len(pending) > 0 {
				yield(parse(pending))
			}
			return
		}
		select {
		case <-grown:
		case <-ctx.Done():
			return
		}
	}
}

// drain yields the whole lines that are there, the first of which began with
// pending. It returns the beginning of the next, and false if that is enough.
func drain(reader *bufio.Reader, pending []byte, yield func(Line, error) bool) ([]byte, bool) {
	for {
		piece, err := reader.ReadBytes('\n')
		pending = append(pending, piece...)
		if errors.Is(err, io.EOF) {
			return pending, true
		}
		if err != nil {
			yield(Line{}, err)
			return nil, false
		}
		if !yield(parse(pending)) {
			return nil, false
		}
		pending = pending[:0]
	}
}

func parse(stored []byte) (Line, error) {
	stamp, text, found := bytes.Cut(stored, []byte{' '})
	if !found {
		return Line{}, fmt.Errorf("a stored line has no time: %.40q", stored)
	}
	at, err := time.Parse(time.RFC3339Nano, string(stamp))
	if err != nil {
		return Line{}, fmt.Errorf("parse the time of a stored line: %w", err)
	}
	return Line{Time: at, Text: text}, nil
}
