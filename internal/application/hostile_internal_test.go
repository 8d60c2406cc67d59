package application

import (
	"slices"
	"strings"
	"testing"

	"github.com/roadstead/roadstead/internal/apperr"
)

// What a pod says is written by whoever made its image and its chart.
func FuzzParseVerdict(f *testing.F) {
	f.Add(`{"operation":"t","outcome":"failed","code":"hook_failed","detail":["a\u001b[31m"],"crds":[{"name":"x"}]}`)
	f.Add(`{"operation":"t","outcome":"succeeded","code":"forbidden","digest":"sha256:zz"}`)
	f.Add(`[]`)
	f.Fuzz(func(t *testing.T, message string) {
		v, ok := parseVerdict(message, "t")
		if !ok {
			return
		}
		if v.Outcome == outcomeSucceeded && v.Code != "" || v.Outcome == outcomeFailed && !slices.Contains(verdictCodes, v.Code) {
			t.Errorf("outcome %q with code %q", v.Outcome, v.Code)
		}
		if v.Digest != "" && !digestForm.MatchString(v.Digest) || len(v.Detail) > verdictDetail {
			t.Errorf("digest %q, %d details", v.Digest, len(v.Detail))
		}
		for _, s := range append(v.Detail, v.Step, v.Release.ChartVersion) {
			if s != apperr.Clean(s, verdictText).String() {
				t.Errorf("%q is not clean", s)
			}
		}
	})
}

func FuzzLines(f *testing.F) {
	f.Add("seq=1 a=b\n\x00\xff\nseq=5 msg=\"x\"\nseq=-1 a=\"")
	f.Fuzz(func(t *testing.T, log string) {
		first, second := numbers(t, log), numbers(t, log)
		if !slices.Equal(first, second) {
			t.Errorf("numbered %v, then %v", first, second)
		}
		if !slices.IsSorted(first) || len(slices.Compact(slices.Clone(first))) != len(first) {
			t.Errorf("numbers do not rise: %v", first)
		}
	})
}

func numbers(t *testing.T, log string) (out []int64) {
	t.Helper()
	r := newLineReader(strings.NewReader(log), keepTail)
	for {
		line, err := r.next()
		if err != nil {
			return out
		}
		if len(line.Text) > maxLine {
			t.Errorf("a line of %d bytes", len(line.Text))
		}
		out = append(out, line.Seq)
	}
}
