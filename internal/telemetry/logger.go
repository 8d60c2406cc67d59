package telemetry

import (
	"context"
	"io"
	"log/slog"
)

// Format is the shape of a log line.
type Format string

// The log formats: JSON is for collectors, text for people.
const (
	FormatJSON Format = "json"
	FormatText Format = "text"
)

// NewLogger returns the process logger. It writes records of at least the given level to out and adds the correlation
// id of the context to each. Any format but FormatJSON is text.
func NewLogger(out io.Writer, format Format, level slog.Leveler) *slog.Logger {
	options := &slog.HandlerOptions{Level: level}
	if format == FormatJSON {
		return slog.New(correlating{slog.NewJSONHandler(asciiWriter{out}, options)})
	}
	return slog.New(correlating{slog.NewTextHandler(out, options)})
}

// correlating adds the correlation id of the context to each record.
type correlating struct {
	slog.Handler
}

// Handle implements [slog.Handler].
func (h correlating) Handle(ctx context.Context, record slog.Record) error {
	if id := Correlation(ctx); id != "" {
		record.AddAttrs(slog.String(keyCorrelation, id))
	}
	return h.Handler.Handle(ctx, record) //nolint:wrapcheck // this handler adds nothing to what went wrong
}

// WithAttrs implements [slog.Handler].
func (h correlating) WithAttrs(attrs []slog.Attr) slog.Handler {
	return correlating{h.Handler.WithAttrs(attrs)}
}

// WithGroup implements [slog.Handler].
func (h correlating) WithGroup(name string) slog.Handler {
	return correlating{h.Handler.WithGroup(name)}
}
