package e2e_test

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestClusterOnEKS takes a cluster on Amazon EKS from its role to its end, by the commands that a person types.
func TestClusterOnEKS(t *testing.T) {
	t.Parallel()
	e := newEstate(t, filepath.Join(shared.bin, "roadstead"))
	card := e.must(t, e.createArgs()...)
	for _, word := range []string{"ready", "100%", "1 of 1"} {
		if !strings.Contains(card, word) {
			t.Errorf("the card of a ready cluster says no %q:\n%s", word, card)
		}
	}
	if err := e.isReady(t.Context()); err != nil {
		t.Fatal(err)
	}
	report := e.must(t, "cluster", "check", e.name)
	t.Logf("%s", report)
}
