package verdict_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/roadstead/roadstead/installer/internal/release"
	"github.com/roadstead/roadstead/installer/internal/verdict"
)

// written writes a verdict and reads it back.
func written(t *testing.T, v verdict.Verdict) (text []byte, got verdict.Verdict) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "termination-log")
	if err := v.Write(path); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	return text, got
}

func TestVerdictKeepsWithinTheTerminationMessage(t *testing.T) {
	t.Parallel()
	v := verdict.Verdict{Operation: "op-1", Outcome: verdict.Succeeded}
	v.SetCRDs(slices.Repeat([]release.CRD{{Name: "certificaterequests.cert-manager.io", Objects: 1_000_000}}, 100))
	v.Fail(verdict.NotReadyInTime, slices.Repeat([]string{strings.Repeat("\u00e9", 500)}, 50), strings.ToUpper)
	text, got := written(t, v)
	if len(text) > 4096 {
		t.Errorf("it has %d bytes", len(text))
	}
	if len(got.Detail) != 10 || len(got.CRDs) == 0 || got.Detail[0] != strings.Repeat("\u00c9", 80) {
		t.Errorf("it keeps %d definitions and %d details such as %q", len(got.CRDs), len(got.Detail), got.Detail[0])
	}
	if len(v.CRDs) != 100 {
		t.Error("writing changes the verdict")
	}
}

func TestDetailIsCleaned(t *testing.T) {
	t.Parallel()
	var v verdict.Verdict
	v.Fail(verdict.HookFailed, []string{"Job\tweb/\x1b[31mred\u202e\r\nnext", " ", "\xff"}, func(s string) string { return s })
	_, got := written(t, v)
	if diff := cmp.Diff([]string{"Job web/[31mred next"}, got.Detail); diff != "" {
		t.Error(diff)
	}
}

func TestReleaseThatDoesNotExistIsNotShown(t *testing.T) {
	t.Parallel()
	var v verdict.Verdict
	v.SetRelease(release.Info{Name: "web", Namespace: "web"}, strings.ToUpper)
	if text, _ := written(t, v); strings.Contains(string(text), "release") {
		t.Errorf("got %s", text)
	}
}
