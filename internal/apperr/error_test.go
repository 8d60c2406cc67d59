package apperr_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
)

func TestForeignTextStaysOutOfTheErrorText(t *testing.T) {
	t.Parallel()
	foreign := errors.New("MARKER \x1b[31m said the cluster")
	err := fmt.Errorf("applying role: %w", apperr.Of(apperr.ClusterForbidden).With(foreign))

	if strings.Contains(err.Error(), "MARKER") {
		t.Errorf("error text %q holds foreign text", err.Error())
	}
	if !errors.Is(err, foreign) {
		t.Error("the cause is lost")
	}
	if got := apperr.CodeOf(err); got != apperr.ClusterForbidden {
		t.Errorf("code = %q", got)
	}
}

func TestLogShowsTheCauseQuotedAndCut(t *testing.T) {
	t.Parallel()
	var buf bytes.Buffer
	cause := errors.New("MARKER\x1b[2J\u202e" + strings.Repeat("x", 4096))
	slog.New(slog.NewJSONHandler(&buf, nil)).Info("call", "err", apperr.Of(apperr.ClusterBadResponse).With(cause))

	line := buf.String()
	if !strings.Contains(line, "MARKER") {
		t.Errorf("the log does not hold the cause: %s", line)
	}
	if strings.ContainsAny(line, "\x1b\u202e") || len(line) > 1024 {
		t.Errorf("the cause is raw or long in the log: %q", line)
	}
}

func TestCodeOf(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		err  error
		want apperr.Code
	}{
		"nil":     {nil, ""},
		"foreign": {io.EOF, apperr.Internal},
		"own":     {apperr.New(apperr.NotFound, "No such group.", ""), apperr.NotFound},
		"joined":  {errors.Join(io.EOF, apperr.Of(apperr.Conflict)), apperr.Conflict},
		"unknown": {apperr.Of("no_such_code"), apperr.Internal},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := apperr.CodeOf(tc.err); got != tc.want {
				t.Errorf("CodeOf = %q, want %q", got, tc.want)
			}
		})
	}
}

func TestAfterOf(t *testing.T) {
	t.Parallel()
	soon, later := apperr.Of(apperr.ClusterThrottled).WithAfter(time.Second), apperr.Of(apperr.ClusterBreakerOpen).WithAfter(time.Minute)
	for name, tc := range map[string]struct {
		err  error
		want time.Duration
	}{
		"nil":         {nil, 0},
		"foreign":     {io.EOF, 0},
		"not given":   {apperr.Of(apperr.ClusterTimeout).With(io.EOF), 0},
		"negative":    {apperr.Of(apperr.ClusterTimeout).WithAfter(-1), 0},
		"given":       {soon, time.Second},
		"wrapped":     {fmt.Errorf("applying role: %w", soon), time.Second},
		"cause later": {soon.With(io.EOF), time.Second},
		"a cause":     {apperr.Of(apperr.ClusterBadResponse).With(fmt.Errorf("reading: %w", soon)), time.Second},
		"joined":      {errors.Join(io.EOF, soon, fmt.Errorf("applying: %w", later)), time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, ok := apperr.AfterOf(tc.err)
			if got != tc.want || ok != (tc.want > 0) {
				t.Errorf("AfterOf = %s, %v; want %s", got, ok, tc.want)
			}
		})
	}
}

func TestEveryCodeIsExplained(t *testing.T) {
	t.Parallel()
	seen := map[apperr.Code]bool{}
	for e := range apperr.All() {
		if seen[e.Code] {
			t.Errorf("%s is in the table twice", e.Code)
		}
		seen[e.Code] = true
		if e.Message == "" || !strings.HasSuffix(e.Message, ".") || e.Hint == "" || !strings.HasSuffix(e.Hint, ".") {
			t.Errorf("%s lacks a sentence or a hint: %+v", e.Code, e)
		}
		if e.Status < 400 || e.Status > 599 {
			t.Errorf("%s has HTTP status %d", e.Code, e.Status)
		}
		if !strings.HasSuffix(e.Anchor(), "#"+string(e.Code)) {
			t.Errorf("%s has anchor %q", e.Code, e.Anchor())
		}
	}
}
