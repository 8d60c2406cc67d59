package mask_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/roadstead/roadstead/installer/internal/mask"
)

func TestSecretIsMaskedInEverySpelling(t *testing.T) {
	t.Parallel()
	secret := "pass\"word <&> \u00e9\nsecond line"
	asJSON, err := json.Marshal(secret)
	if err != nil {
		t.Fatal(err)
	}
	m := mask.New(secret)
	for name, text := range map[string]string{
		"as it is":    "error: " + secret + " is wrong",
		"quoted":      fmt.Sprintf("error: %q is wrong", secret),
		"in JSON":     "error: " + string(asJSON) + " is wrong",
		"in base64":   "data: " + base64.StdEncoding.EncodeToString([]byte(secret)),
		"one line":    "the log shows second line only",
		"other line":  "the log shows pass\"word <&> \u00e9 only",
		"in the data": "data: " + base64.StdEncoding.EncodeToString([]byte(secret)) + "rest",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := m.Text(text)
			if !strings.Contains(got, "[masked]") || strings.Contains(got, "word") || strings.Contains(got, "second") ||
				strings.Contains(got, "cGFzcyJ3b3") {
				t.Errorf("got %s", got)
			}
		})
	}
}

func TestLongerSecretIsMaskedBeforeItsPart(t *testing.T) {
	t.Parallel()
	if got := mask.New("secret", "secret-and-more").Text("it is secret-and-more"); got != "it is [masked]" {
		t.Errorf("got %q", got)
	}
}

func TestTokensAreMaskedWithoutBeingKnown(t *testing.T) {
	t.Parallel()
	if got := mask.New().Text("Bearer eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJrdWJlIn0.c2lnbmF0dXJl end"); got != "Bearer [masked] end" {
		t.Errorf("got %q", got)
	}
}

func TestValuesAreTheLongLeaves(t *testing.T) {
	t.Parallel()
	got := mask.Values(map[string]any{
		"password": "hunter-2", "short": "12345", "enabled": true, "nothing": nil, "port": float64(8080),
		"list": []any{"in-a-list", map[string]any{"name-that-is-long": "below"}}, "account": float64(123456789),
	})
	slices.Sort(got)
	if diff := cmp.Diff([]string{"1.23456789e+08", "123456789", "hunter-2", "in-a-list"}, got); diff != "" {
		t.Error(diff)
	}
}
