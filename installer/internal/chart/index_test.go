package chart

import (
	"bytes"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"sigs.k8s.io/yaml"
)

const blockIndex = `apiVersion: v1
# a comment
entries:
  other:
  - version: 9.9.9
    description: |
      web:
      - version: 6.6.6
    urls: [other.tgz]
  "web":
  # and another
  - name: web
    version: 1.1.0
    digest: abc

    urls:
    - https://example.com/web-1.1.0.tgz
  - version: v1.0.0
    urls: [web-1.0.0.tgz]
  webber:
  - version: 8.8.8
generated: "2026-01-01"
`

const deepIndex = `entries:
    web:
        - version: 1.1.0
          urls:
            - https://example.com/web-1.1.0.tgz
          digest: abc
        - version: v1.0.0
          urls: [web-1.0.0.tgz]
`

const jsonIndex = `{"apiVersion":"v1","generated":{"web":[{"version":"6.6.6"}]},"entries":{"other":[{"version":"9.9.9"}],
"web":[{"version":"1.1.0","digest":"abc","urls":["https://example.com/web-1.1.0.tgz"]},{"version":"v1.0.0","urls":["web-1.0.0.tgz"]}]}}`

func TestReadIndex(t *testing.T) {
	t.Parallel()
	want := []entry{
		{Version: "1.1.0", URLs: []string{"https://example.com/web-1.1.0.tgz"}, Digest: "abc"},
		{Version: "v1.0.0", URLs: []string{"web-1.0.0.tgz"}},
	}
	for name, text := range map[string]string{
		"Helm's form": blockIndex, "indented lists": deepIndex, "JSON": jsonIndex,
		"carriage returns": strings.ReplaceAll(blockIndex, "\n", "\r\n"), "no end": strings.TrimSpace(deepIndex),
		"long lines": strings.Replace(blockIndex, "# a comment", "junk: "+strings.Repeat("x", 200_000), 1),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := readIndex(strings.NewReader(text), "web")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got, cmp.AllowUnexported(entry{}), cmpopts.EquateEmpty()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestIndexesThatDoNotHaveTheChart(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		text string
		want error
	}{
		"empty":              {"", ErrInvalid},
		"a page":             {"<html><body>not here</body></html>", ErrNotFound},
		"no entries":         {"apiVersion: v1\n", ErrNotFound},
		"empty entries":      {"entries: {}\n", ErrNotFound},
		"other charts":       {"entries:\n  other:\n  - version: 1.0.0\n", ErrNotFound},
		"JSON, other charts": {`{"entries":{"other":[]}}`, ErrNotFound},
		"JSON, cut short":    {`{"entries":{"other":[`, ErrInvalid},
		"JSON, no entries":   {`{"entries":3}`, ErrNotFound},
		"broken entry":       {"entries:\n  web:\n  - version: [1\n", ErrInvalid},
		"entry of no list":   {"entries:\n  web:\n    version: 1.0.0\n", ErrInvalid},
		"a million versions": {"entries:\n  web:\n" + strings.Repeat("  - version: 1.0.0\n", 500_000), ErrInvalid},
		"too many versions":  {"entries:\n  web:\n" + strings.Repeat("  - version: 1\n", maxVersions+1), ErrInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := readIndex(strings.NewReader(tc.text), "web"); !errors.Is(err, tc.want) {
				t.Errorf("want %v, got %v", tc.want, err)
			}
		})
	}
}

// endless is an index that never ends.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	return copy(p, bytes.Repeat([]byte("# line\n"), len(p)/7+1)), nil
}

func TestEndlessIndexIsLeft(t *testing.T) {
	t.Parallel()
	if _, err := readIndex(endless{}, "web"); !errors.Is(err, ErrInvalid) {
		t.Errorf("got %v", err)
	}
}

// An index of 60 MB takes about a gigabyte when it is parsed whole.
func TestLargeIndexTakesLittleMemory(t *testing.T) { //nolint:paralleltest // it measures the memory of the whole process
	var text strings.Builder
	text.WriteString("entries:\n")
	for i := range 30_000 {
		fmt.Fprintf(&text, "  chart%d:\n%s", i, strings.Repeat("  - version: 1.0.0\n    urls: [a.tgz]\n", 50))
	}
	text.WriteString("  web:\n  - version: 1.0.0\n")
	index := text.String()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := readIndex(strings.NewReader(index), "web"); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 1<<20 {
		t.Errorf("reading %d bytes takes %d bytes of memory", len(index), used)
	}
}

func TestVersionsAreChosenByMeaning(t *testing.T) {
	t.Parallel()
	entries := []entry{{Version: "v1.0.0"}, {Version: "1.0.0"}, {Version: "2.0.0+build.1"}, {Version: "v3.0.0"}, {Version: "nonsense"}}
	for want, found := range map[string]string{
		"1.0.0": "1.0.0", "v1.0.0": "v1.0.0", "3.0.0": "v3.0.0", "2.0.0": "", "2.0.0+build.1": "2.0.0+build.1", "4.0.0": "",
	} {
		if e, ok := choose(entries, want); e.Version != found || ok != (found != "") {
			t.Errorf("for %s got %q", want, e.Version)
		}
	}
}

func TestIndexTextIsWhatAParserFinds(t *testing.T) {
	t.Parallel()
	var whole struct {
		Entries map[string][]entry `json:"entries"`
	}
	if err := yaml.Unmarshal([]byte(blockIndex), &whole); err != nil {
		t.Fatal(err)
	}
	for name := range whole.Entries {
		got, err := readIndex(strings.NewReader(blockIndex), name)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(whole.Entries[name], got, cmp.AllowUnexported(entry{})); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
