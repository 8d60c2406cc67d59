package kubetest_test

import (
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const guide = "../../docs/guide/contributing/cluster-client.md"

// TestGuideToTheClusterClientWorks makes the edits that the guide shows, as an overlay of the packages, and expects
// that the tests of the cluster client pass with them, the new operation among the others.
func TestGuideToTheClusterClientWorks(t *testing.T) {
	t.Parallel()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	shown := snippets(t)
	names := slices.Sorted(maps.Keys(shown))
	want := []string{"group", "internal/kube/snapshots.go", "internal/kube/snapshots_test.go", "operation", "stub"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Fatalf("snippets of the guide:\n%s", diff)
	}
	edited := map[string]string{
		"internal/kube/groups.go":                atEndOf(t, root, "internal/kube/groups.go", "var supported = ", "\n}\n", shown["group"]),
		"internal/kubetest/stub.go":              atEndOf(t, root, "internal/kubetest/stub.go", "func Stubs() []Stub {", "\n\t}\n", shown["stub"]),
		"internal/kube/fault_operations_test.go": atEndOf(t, root, "internal/kube/fault_operations_test.go", "func operations() ", "\n\t}\n", shown["operation"]),
		"internal/kube/snapshots.go":             shown["internal/kube/snapshots.go"],
		"internal/kube/snapshots_test.go":        shown["internal/kube/snapshots_test.go"],
	}
	overlay := overlayOf(t, root, edited)
	goTool(t, root, "vet", "-overlay", overlay, "./internal/kube", "./internal/kubetest")
	out := goTool(t, root, "test", "-overlay", overlay, "-count=1", "-v",
		"-run", "TestUsableSnapshots|TestEveryOperationHasAStub|TestStubsAnswerEveryOperation|TestRedirectsLeadNowhere", "./internal/kube")
	for _, passed := range []string{
		"--- PASS: TestUsableSnapshotsAreReady", "--- PASS: TestEveryOperationHasAStub",
		"--- PASS: TestStubsAnswerEveryOperation/Snapshots.Usable", "--- PASS: TestRedirectsLeadNowhere/operations/Snapshots.Usable",
	} {
		if !strings.Contains(out, passed) {
			t.Errorf("with the edits of the guide there is no %q in:\n%s", passed, out)
		}
	}
}

// snippets are the blocks of Go in the guide by what stands behind "go": the name of an edit, or of a whole file.
func snippets(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile(guide)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, block := range regexp.MustCompile("(?ms)^```go (\\S+)\n(.*?)^```$").FindAllStringSubmatch(string(text), -1) {
		found[block[1]] = block[2]
	}
	return found
}

// atEndOf is a file with lines added at the end of the list that begins at one text and ends with another.
func atEndOf(t *testing.T, root, file, begin, end, lines string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, file))
	if err != nil {
		t.Fatal(err)
	}
	before, list, ok := strings.Cut(string(text), begin)
	items, after, closed := strings.Cut(list, end)
	if !ok || !closed {
		t.Fatalf("%s has no list that begins with %q", file, begin)
	}
	return before + begin + items + "\n" + strings.TrimSuffix(lines, "\n") + end + after
}

// overlayOf writes the files and the list by which the go command takes them for those of the module.
func overlayOf(t *testing.T, root string, files map[string]string) string {
	t.Helper()
	dir, replace := t.TempDir(), map[string]string{}
	for name, text := range files {
		path := filepath.Join(dir, strings.ReplaceAll(name, "/", "_"))
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		replace[filepath.Join(root, name)] = path
	}
	list, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(path, list, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// goTool runs the go command without the race detector: the tests themselves run under it elsewhere.
func goTool(t *testing.T, root string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir, cmd.Env = root, append(os.Environ(), "CGO_ENABLED=0")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("go %s: %v\n%s", args[0], err, out)
	}
	return string(out)
}
