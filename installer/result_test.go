package main_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/roadstead/roadstead/installer/internal/verdict"
)

// succeeded demands success.
func (r result) succeeded(t *testing.T) {
	t.Helper()
	if r.exit != 0 || r.verdict.Outcome != verdict.Succeeded {
		t.Fatalf("exit %d, verdict %+v", r.exit, r.verdict)
	}
}

// failed demands a failure of one code, with the detail given.
func (r result) failed(t *testing.T, code verdict.Code, detail ...string) {
	t.Helper()
	if r.exit != 1 || r.verdict.Outcome != verdict.Failed || r.verdict.Code != code {
		t.Fatalf("want %s, got exit %d, verdict %+v", code, r.exit, r.verdict)
	}
	if diff := cmp.Diff(detail, r.verdict.Detail); diff != "" {
		t.Errorf("detail: %s", diff)
	}
}

// steps are the steps of a log in order.
func (r result) steps() []string {
	var steps []string
	for line := range strings.Lines(r.log) {
		_, rest, _ := strings.Cut(line, " step=")
		steps = append(steps, strings.Fields(rest)[0])
	}
	return slices.Compact(steps)
}
