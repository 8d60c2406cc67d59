package storetest_test

import (
	"testing"

	"github.com/roadstead/roadstead/internal/store"
	"github.com/roadstead/roadstead/internal/storetest"
)

func TestInstallationIDStays(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, cfg store.Config) {
		ids := map[string]bool{}
		for range 2 {
			db, err := store.Open(t.Context(), cfg)
			if err != nil {
				t.Fatal(err)
			}
			id, err := db.InstallationID(t.Context())
			if err != nil || id == "" {
				t.Fatalf("InstallationID() = %q, %v", id, err)
			}
			ids[id] = true
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
		}
		if len(ids) != 1 {
			t.Errorf("two starts named the installation %d times", len(ids))
		}
	})
}
