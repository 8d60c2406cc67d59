package secret_test

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/roadstead/roadstead/internal/secret"
)

const marker = "MARKER-of-a-token"

type holder struct {
	Name   string
	Value  secret.Value
	Ptr    *secret.Value
	Nested struct{ Values []secret.Value }
	hidden secret.Value
	Map    map[string]secret.Value `xml:"-"`
}

func newHolder() holder {
	v := secret.NewValue([]byte(marker))
	h := holder{Name: "n", Value: v, Ptr: &v, hidden: v, Map: map[string]secret.Value{"k": v}}
	h.Nested.Values = []secret.Value{v}
	return h
}

func TestValueCannotBePrinted(t *testing.T) {
	t.Parallel()
	h := newHolder()
	for _, subject := range []any{h, &h, h.Value, h.Ptr, h.Nested, h.Map, []any{h.Value}, fmt.Errorf("x: %v", h.Value)} {
		for _, verb := range "vsdqxXpTbcoeEfgGtU" {
			for _, flag := range []string{"", "+", "#", "-20", "020"} {
				checkClean(t, fmt.Sprintf("%"+flag+string(verb), subject))
			}
		}
		checkClean(t, fmt.Sprintln(subject))
	}
}

func TestValueCannotBeLogged(t *testing.T) {
	t.Parallel()
	h := newHolder()
	var buf bytes.Buffer
	for _, handler := range []slog.Handler{
		slog.NewTextHandler(&buf, &slog.HandlerOptions{Level: slog.LevelDebug}),
		slog.NewJSONHandler(&buf, &slog.HandlerOptions{Level: slog.LevelDebug}),
	} {
		l := slog.New(handler).With("with", h.Value)
		l.Debug("plain", "v", h.Value, "p", h.Ptr, "h", h, "hp", &h, "m", h.Map, "s", []any{h})
		l.WithGroup("g").Info("group", slog.Group("v", "v", h.Value))
	}
	checkClean(t, buf.String())
}

func TestValueCannotBeMarshalled(t *testing.T) {
	t.Parallel()
	h := newHolder()
	out, err := json.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	checkClean(t, string(out))
	if !strings.Contains(string(out), `"Value":"[secret]"`) {
		t.Errorf("the placeholder is missing: %s", out)
	}
	if out, err = xml.Marshal(h); err != nil {
		t.Fatal(err)
	}
	checkClean(t, string(out))
	var buf bytes.Buffer
	_ = gob.NewEncoder(&buf).Encode(h) // may fail; must not tell
	checkClean(t, buf.String())
}

func TestPanicOfAValueTellsNothing(t *testing.T) {
	t.Parallel()
	defer func() { checkClean(t, fmt.Sprint(recover())) }()
	panic(newHolder().Value)
}

// checkClean looks for the marker as text, in hexadecimal and as a list of numbers.
func checkClean(t *testing.T, out string) {
	t.Helper()
	numbers := strings.Trim(fmt.Sprint([]byte(marker)), "[]")
	for _, form := range []string{marker, fmt.Sprintf("%x", marker), fmt.Sprintf("%X", marker), numbers} {
		if strings.Contains(out, form) {
			t.Errorf("%q holds the secret", out)
		}
	}
}

func TestRevealLendsACopy(t *testing.T) {
	t.Parallel()
	source := []byte(marker)
	v := secret.NewValue(source)
	clear(source)
	var kept []byte
	v.Reveal(func(b []byte) {
		if string(b) != marker {
			t.Errorf("revealed %q", b)
		}
		b[0] = 'x'
		kept = b
	})
	if !bytes.Equal(kept, make([]byte, len(marker))) {
		t.Error("the lent bytes live on")
	}
	v.Reveal(func(b []byte) {
		if string(b) != marker {
			t.Errorf("revealed %q after the first reader changed its copy", b)
		}
	})
	if !(secret.Value{}).IsEmpty() || v.IsEmpty() || !secret.NewValue(nil).IsEmpty() {
		t.Error("IsEmpty is wrong")
	}
}
