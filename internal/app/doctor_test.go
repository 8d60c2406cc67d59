package app_test

import (
	"testing"

	"github.com/roadstead/roadstead/internal/app"
	"github.com/roadstead/roadstead/internal/config"
)

func TestExplainURLTakesTheRulesOfTheServer(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		allow   []string
		allowed bool
		bad     bool
	}{
		"closed":     {},
		"opened":     {allow: []string{"192.168.0.0/16:443", "10.1.2.3/32:6443"}, allowed: true},
		"other port": {allow: []string{"10.1.2.3/32:443"}},
		"not a rule": {allow: []string{"10.1.2.3"}, bad: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, err := app.ExplainURL(t.Context(), config.Config{Listen: "127.0.0.1:8080", EgressAllow: tc.allow}, "https://10.1.2.3:6443", nil)
			if (err != nil) != tc.bad || e.Allowed != tc.allowed {
				t.Errorf("allowed = %v, err = %v", e.Allowed, err)
			}
		})
	}
}
