package logs

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"time"
)

// Options narrows what Copy writes. The zero value is everything so far.
type Options struct {
	Follow     bool
	Previous   bool
	Timestamps bool
	Tail       int64     // lines from the end; negative is all
	Since      time.Time // zero is the beginning
	Limit      int64     // bytes; negative is no limit
}

// ParseOptions reads the query that the API server sends to a kubelet. now is
// what sinceSeconds counts back from.
func ParseOptions(query url.Values, now time.Time) (Options, error) {
	options := Options{
		Follow:     query.Get("follow") == "true",
		Previous:   query.Get("previous") == "true",
		Timestamps: query.Get("timestamps") == "true",
	}
	var err error
	if options.Tail, err = number(query, "tailLines"); err != nil {
		return Options{}, err
	}
	if options.Limit, err = number(query, "limitBytes"); err != nil {
		return Options{}, err
	}
	seconds, err := number(query, "sinceSeconds")
	if err != nil {
		return Options{}, err
	}
	if seconds >= 0 {
		options.Since = now.Add(-time.Duration(seconds) * time.Second)
	}
	if text := query.Get("sinceTime"); text != "" {
		if options.Since, err = time.Parse(time.RFC3339, text); err != nil {
			return Options{}, fmt.Errorf("parse sinceTime: %w", err)
		}
	}
	return options, nil
}

// number is a query's non-negative value, or -1 when it has none.
func number(query url.Values, name string) (int64, error) {
	text := query.Get(name)
	if text == "" {
		return -1, nil
	}
	value, err := strconv.ParseUint(text, 10, 63)
	if err != nil {
		return 0, fmt.Errorf("parse %s: %w", name, err)
	}
	return int64(value), nil
}

// Copy writes the lines of source that options ask for, each with one Write,
// calling flush after every line when it follows.
func Copy(ctx context.Context, w io.Writer, flush func(), source Source, options Options) error {
	var from int64
	if options.Tail >= 0 {
		var err error
		if from, err = source.Tail(options.Tail); err != nil {
			return fmt.Errorf("find the last lines: %w", err)
		}
	}
	out := limited{to: w, left: options.Limit}
	var buffer []byte
	for line, err := range source.Lines(ctx, from, options.Follow) {
		if err != nil {
			return fmt.Errorf("read a log: %w", err)
		}
		if line.Time.Before(options.Since) {
			continue
		}
		buffer = format(buffer[:0], line, options.Timestamps)
		full, err := out.write(buffer)
		if err != nil {
			return fmt.Errorf("write a log: %w", err)
		}
		if options.Follow {
			flush()
		}
		if full {
			break
		}
	}
	return nil
}

// limited writes a number of bytes and no more.
type limited struct {
	to   io.Writer
	left int64 // negative: no limit
}

// write reports whether the limit is reached.
func (l *limited) write(data []byte) (full bool, err error) {
	if l.left >= 0 && int64(len(data)) >= l.left {
		data, full = data[:l.left], true
	}
	n, err := l.to.Write(data)
	if l.left >= 0 {
		l.left -= int64(n)
	}
	return full, err
}

func format(buffer []byte, line Line, timestamps bool) []byte {
	if timestamps {
		buffer = line.Time.UTC().AppendFormat(buffer, time.RFC3339Nano)
		buffer = append(buffer, ' ')
	}
	return append(buffer, line.Text...)
}
