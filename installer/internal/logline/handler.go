package logline

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
)

// helmPrefix marks the lines that are Helm's words, not ours.
const helmPrefix = "helm| "

// Handler returns the handler for Helm's logger. It keeps warnings and errors, and of the many other messages
// those that name an object. Of their attributes it keeps those that name things or count them: Helm logs
// whole schemas and patches too.
func (l *Log) Handler() slog.Handler { return helmHandler{log: l} }

type helmHandler struct {
	log   *Log
	attrs []slog.Attr
}

// Enabled lets every level pass; Handle looks at the message.
func (h helmHandler) Enabled(context.Context, slog.Level) bool { return true }

// WithAttrs returns a handler that adds the attributes to every message.
func (h helmHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	h.attrs = append(slices.Clip(h.attrs), attrs...)
	return h
}

// WithGroup returns the handler itself; Helm's libraries use no groups that a reader would miss.
func (h helmHandler) WithGroup(string) slog.Handler { return h }

// Handle writes one message as a line of the current step.
func (h helmHandler) Handle(_ context.Context, r slog.Record) error {
	attrs := slices.Clone(h.attrs)
	r.Attrs(func(a slog.Attr) bool {
		attrs = append(attrs, a)
		return true
	})
	if r.Level < slog.LevelInfo && !namesObject(r.Message, attrs) {
		return nil
	}
	h.log.Runningf("%s%s%s", helmPrefix, r.Message, shownAttrs(attrs))
	return nil
}

// namesObject reports whether a debug message is about one object of the chart. Some are left out: the one about
// waiting comes with every event, where our lines about progress say it better, and others say things twice.
func namesObject(msg string, attrs []slog.Attr) bool {
	switch msg {
	case "waiting for resource", "deleting resource owned by this release", "ignoring delete failure":
		return false
	}
	return slices.ContainsFunc(attrs, func(a slog.Attr) bool {
		return a.Key == "kind" || a.Key == "gvk" || a.Key == "crd"
	})
}

func shownAttrs(attrs []slog.Attr) string {
	var b strings.Builder
	for _, a := range attrs {
		switch a.Key {
		case "namespace", "name", "kind", "gvk", "crd", "release", "resource", "key", "chart", "path",
			"revision", "count", "err", "error":
			fmt.Fprintf(&b, " %s=%s", a.Key, cut(oneLine(a.Value.String()), maxLine/2))
		}
	}
	return b.String()
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
