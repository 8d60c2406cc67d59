package release

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestObjectsAreNamedTheSameEverywhere(t *testing.T) {
	t.Parallel()
	for want, o := range map[string]Object{
		"Deployment web/web (ImagePullBackOff)": {Kind: "Deployment", Namespace: "web", Name: "web", Reason: "ImagePullBackOff"},
		"Job web/migrate":                       {Kind: "Job", Namespace: "web", Name: "migrate"},
		"ClusterRole web":                       {Kind: "ClusterRole", Name: "web"},
	} {
		if got := o.String(); got != want {
			t.Errorf("want %q, got %q", want, got)
		}
	}
}

// A line that comes in pieces is told whole, so that a mask finds what is secret in it.
func TestLinesOfAStreamAreToldWhole(t *testing.T) {
	t.Parallel()
	log := &talk{}
	w := &lineWriter{log: log, prefix: "hook web"}
	for _, piece := range []string{"first hun", "ter-2\n\nsecond", "\n", "no end"} {
		if n, err := w.Write([]byte(piece)); n != len(piece) || err != nil {
			t.Fatal(n, err)
		}
	}
	if diff := cmp.Diff([]string{"hook web| first hunter-2", "hook web| second"}, log.told()); diff != "" {
		t.Error(diff)
	}
	if _, err := w.Write([]byte(strings.Repeat("x", 1<<20))); err != nil || len(w.rest) > hookBytes {
		t.Errorf("it keeps %d bytes, %v", len(w.rest), err)
	}
}
