package tenant_test

import (
	"testing"

	"github.com/roadstead/roadstead/internal/tenant"
)

func TestGuessTier(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]tenant.Tier{
		"production": tenant.Production, "PRD": tenant.Production, "live/eu": tenant.Production, "staging": tenant.Staging,
		"stg-2": tenant.Staging, "preprod": tenant.Staging, "demo": tenant.Staging, "non-live": tenant.Staging,
		"qa": tenant.Testing, "acceptance": tenant.Testing, "integration": tenant.Testing, "dev": tenant.Development,
		"review/feature": tenant.Development, "canary": tenant.OtherTier,
	} {
		if got := tenant.GuessTier(name); got != want {
			t.Errorf("GuessTier(%q) = %s, want %s", name, got, want)
		}
	}
}
