package cli

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/roadstead/roadstead/internal/api"
)

func TestProgressOnATerminalAndElsewhere(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	running := api.Operation{Steps: []api.Step{{Name: "fetch", State: "running", StartedAt: at, Message: "fetching"}}}
	failed := api.Operation{Steps: []api.Step{{
		Name: "fetch", State: "failed", StartedAt: at, EndedAt: at.Add(1500 * time.Millisecond), Message: "no\x1b[31m such chart",
	}}}
	const end = "✗   1.5s  fetch         no such chart\n"
	for name, test := range map[string]struct {
		terminal bool
		want     string
	}{
		"a terminal shows what runs": {terminal: true, want: "\r\x1b[K… fetch  fetching\r\x1b[K" + end},
		"a file shows what ended":    {terminal: false, want: end},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			p := newProgress(&out)
			p.terminal = test.terminal
			for _, op := range []api.Operation{running, running, failed, failed} {
				p.operation(op)
			}
			p.stop()
			if diff := cmp.Diff(test.want, out.String()); diff != "" {
				t.Errorf("shown (-want +got):\n%s", diff)
			}
		})
	}
}

func TestYAMLKeepsTheOrderAndTheText(t *testing.T) {
	t.Parallel()
	const text = `{"z": "1", "a": {"empty": [], "lines": "one\ntwo\n", "flag": true, "word": "yes", "list": [1, "x: y"]}}`
	const want = `z: "1"
a:
  empty: []
  lines: |
    one
    two
  flag: true
  word: "yes"
  list:
    - 1
    - "x: y"
`
	got, err := toYAML([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("YAML (-want +got):\n%s", diff)
	}
	if strings.Contains(string(got), "{") {
		t.Error("JSON is left in it")
	}
}
