package cli_test

import (
	"bytes"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const referenceFile = "../../docs/reference/cli.md"

// TestReferenceIsCurrent compares the published reference with the commands. UPDATE_GOLDEN=1 writes it anew.
func TestReferenceIsCurrent(t *testing.T) {
	t.Parallel()
	p := program()
	p.Environ = nil
	var reference bytes.Buffer
	if err := p.Reference(&reference); err != nil {
		t.Fatal(err)
	}
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(referenceFile, reference.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	published, err := os.ReadFile(referenceFile)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(published), reference.String()); diff != "" {
		t.Errorf("%s is not current, run `make generate` (-published +commands):\n%s", referenceFile, diff)
	}
}
