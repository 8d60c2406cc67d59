package e2e_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestAStoredEntryIsInstalled stores an entry in a server that runs, installs
// it, and takes both away again.
func TestAStoredEntryIsInstalled(t *testing.T) {
	t.Parallel()
	n := newNames()
	s := newServerWith(t)
	s.must(t, s.attachArgs(t, n.cluster)...)
	if out, err := s.cli(t.Context(), "app", "install", n.app, "--cluster", n.cluster); err == nil {
		t.Fatalf("an entry that nobody stored is installed:\n%s", out)
	}
	file := filepath.Join(t.TempDir(), "entry.yaml")
	if err := os.WriteFile(file, []byte(entryText(n.app, "web", "")), 0o600); err != nil {
		t.Fatal(err)
	}
	s.must(t, "catalog", "set", "-f", file)
	s.must(t, "app", "install", n.app, "--cluster", n.cluster)
	if err := s.appInstalled(n); err != nil {
		t.Error(err)
	}
	_, err := s.cli(t.Context(), "catalog", "remove", n.app)
	if err == nil || !strings.Contains(err.Error(), "is installed on "+n.cluster) {
		t.Errorf("remove what is installed: %v", err)
	}
	s.must(t, "app", "uninstall", n.app, "--cluster", n.cluster)
	s.must(t, "catalog", "remove", n.app)
	if out := s.must(t, "catalog", "list"); strings.Contains(out, n.app) {
		t.Errorf("the removed entry is listed:\n%s", out)
	}
}
