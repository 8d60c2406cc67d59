package kube

import (
	"encoding/binary"
	"encoding/json"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/roadstead/roadstead/internal/apperr"
)

func TestShapeOfJSON(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		text    string
		longest int
		want    apperr.Code
	}{
		"flat":                  {`{"a":[1,2,{"b":null}]}`, 0, ""},
		"64 deep":               {strings.Repeat("[", 64) + strings.Repeat("]", 64), 0, ""},
		"65 deep":               {strings.Repeat("[", 65) + strings.Repeat("]", 65), 0, apperr.ClusterBadResponse},
		"wide":                  {"[" + strings.Repeat("[],", 1000) + "[]]", 0, ""},
		"brackets in text":      {`["` + strings.Repeat("[{", 100) + `"]`, 0, ""},
		"escaped quote":         {`["\"` + strings.Repeat("[", 100) + `"]`, 0, ""},
		"escaped backslash":     {`["\\",` + strings.Repeat("[", 64), 0, apperr.ClusterBadResponse},
		"closed more than open": {"]]]]" + strings.Repeat("[", 65), 0, ""}, // no JSON, and no depth either
		"values that fit":       {`{"a":1} {"a":2} {"a":3}`, 8, ""},
		"value too large":       {`{"a":1} {"a":23}`, 8, apperr.ClusterResponseTooLarge},
		"text too large":        {`"aaaaaaaaaaaaaaaa"`, 8, apperr.ClusterResponseTooLarge},
		"space too large":       {strings.Repeat(" ", 9), 8, apperr.ClusterResponseTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for how, r := range map[string]io.Reader{
				"at once": strings.NewReader(tc.text), "byte by byte": iotest.OneByteReader(strings.NewReader(tc.text)),
			} {
				_, err := io.ReadAll(&jsonShape{r: r, longest: tc.longest})
				if got := apperr.CodeOf(err); got != tc.want {
					t.Errorf("%s: %v, want %q", how, err, tc.want)
				}
			}
		})
	}
}

// FuzzShapeOfJSON holds the scanner against a decoder: it finds no depth where there is none, and misses none.
func FuzzShapeOfJSON(f *testing.F) {
	for _, seed := range []string{`{"a":["\\\"",{}]}`, strings.Repeat("[", 70), `"\u005b[[["`, `[[],[[]]]`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var value any
		if json.Unmarshal([]byte(text), &value) != nil {
			return
		}
		_, err := io.ReadAll(&jsonShape{r: strings.NewReader(text)})
		if deep := depthOf(value) > maxDepth; deep != (err != nil) {
			t.Errorf("%q is %d deep: %v", text, depthOf(value), err)
		}
	})
}

func depthOf(value any) int {
	deepest := 0
	switch v := value.(type) {
	case []any:
		for _, e := range v {
			deepest = max(deepest, depthOf(e))
		}
	case map[string]any:
		for _, e := range v {
			deepest = max(deepest, depthOf(e))
		}
	default:
		return 0
	}
	return deepest + 1
}

func TestFramesOfProtobuf(t *testing.T) {
	t.Parallel()
	frame := func(size int) string {
		return string(binary.BigEndian.AppendUint32(nil, uint32(size))) + strings.Repeat("a", min(size, 2*maxFrame))
	}
	for name, tc := range map[string]struct {
		text string
		want apperr.Code
	}{
		"some":          {frame(3) + frame(0) + frame(5), ""},
		"largest":       {frame(maxFrame) + frame(maxFrame), ""},
		"too large":     {frame(1) + frame(maxFrame+1), apperr.ClusterResponseTooLarge},
		"largest size":  {frame(1<<32 - 1), apperr.ClusterResponseTooLarge},
		"half a prefix": {frame(1) + "\x00\x00", ""}, // the decoder finds that it ends too early
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for how, r := range map[string]io.Reader{
				"at once": strings.NewReader(tc.text), "byte by byte": iotest.OneByteReader(strings.NewReader(tc.text)),
			} {
				_, err := io.ReadAll(&frames{r: r})
				if got := apperr.CodeOf(err); got != tc.want {
					t.Errorf("%s: %v, want %q", how, err, tc.want)
				}
			}
		})
	}
}
