package telemetry

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"
)

// The bounds of kubernetes.log: five files of 100 MB, the newest without a number.
const (
	kubernetesLogBytes = 100_000_000
	kubernetesLogFiles = 5
)

// Where it is, in the data folder.
const (
	logFolder = "log"
	logFile   = "kubernetes.log"
)

// KubernetesLog is the record of every call to a cluster and of the events around them, one JSON object a line. It is
// safe for use by many goroutines.
type KubernetesLog struct {
	file    *rotatingFile
	handler slog.Handler
	errOut  *slog.Logger
	broken  atomic.Bool // the last write failed and errOut was told
}

// OpenKubernetesLog opens log/kubernetes.log in the data folder dir, making what is missing. Failures of calls are
// repeated on errOut, which also learns when the file cannot be written. The caller closes the log.
func OpenKubernetesLog(dir string, errOut *slog.Logger) (*KubernetesLog, error) {
	folder := filepath.Join(dir, logFolder)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("making the log folder: %w", err)
	}
	file, err := openRotating(filepath.Join(folder, logFile), kubernetesLogBytes, kubernetesLogFiles)
	if err != nil {
		return nil, fmt.Errorf("opening kubernetes.log: %w", err)
	}
	return newKubernetesLog(file, errOut), nil
}

func newKubernetesLog(file *rotatingFile, errOut *slog.Logger) *KubernetesLog {
	handler := slog.NewJSONHandler(asciiWriter{file}, &slog.HandlerOptions{Level: slog.LevelDebug, ReplaceAttr: kubernetesLogAttr})
	return &KubernetesLog{file: file, handler: correlating{handler}, errOut: errOut}
}

// kubernetesLogAttr writes times in UTC and leaves out the message: these lines have an event or a verb instead.
func kubernetesLogAttr(_ []string, attr slog.Attr) slog.Attr {
	switch {
	case attr.Key == slog.MessageKey:
		return slog.Attr{}
	case attr.Value.Kind() == slog.KindTime:
		attr.Value = slog.TimeValue(attr.Value.Time().UTC())
	}
	return attr
}

// Write appends one line, for the project and the job of ctx where the entry names none. A failure to write is told to
// errOut once, not returned: the call that the line is about has happened, and losing its line must not fail it.
func (l *KubernetesLog) Write(ctx context.Context, entry Entry) {
	if entry.ProjectID == 0 {
		entry.ProjectID = Project(ctx)
	}
	entry.Job = cmp.Or(entry.Job, Job(ctx))
	record := slog.NewRecord(time.Now(), entry.Level, "", 0)
	record.AddAttrs(entry.attrs()...)
	err := l.handler.Handle(ctx, record)
	if wasBroken := l.broken.Swap(err != nil); err != nil && !wasBroken {
		l.errOut.ErrorContext(ctx, "kubernetes.log cannot be written", slog.Any("error", err))
	}
	if entry.Level >= slog.LevelWarn {
		l.errOut.LogAttrs(ctx, entry.Level, "cluster", entry.attrs()...)
	}
}

// Close closes the file. Lines written after it are lost.
func (l *KubernetesLog) Close() error {
	return l.file.Close()
}
