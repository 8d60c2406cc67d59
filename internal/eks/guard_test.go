package eks

import (
	"testing"

	"github.com/roadstead/roadstead/internal/egress"
)

// openGuard lets the servers of a test in.
func openGuard(t *testing.T) *egress.Guard {
	t.Helper()
	rules, err := egress.ParseRules("127.0.0.0/8:*")
	if err != nil {
		t.Fatal(err)
	}
	return egress.NewGuard(egress.Config{Allow: rules})
}
