package storetest_test

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/application"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/secret"
	"github.com/roadstead/roadstead/internal/store"
	"github.com/roadstead/roadstead/internal/storetest"
	"github.com/roadstead/roadstead/internal/vault"
)

func TestVaultSeesWhatIsSealed(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, ctx := newWorld(t, config(t)), t.Context()
			s := w.Vault()
			second := w.addCluster(t, cluster.Cluster{Name: "second", Level: cluster.Group, GroupID: w.group.ID})
			operation := w.addOperation(t, "nginx")
			if got := must(s.Sealed(ctx, vault.Canary, 0, 1))(t); len(got) != 0 {
				t.Fatalf("a canary that nobody made: %+v", got)
			}
			for range 2 { // the first one stays
				check(t, s.KeepCanary(ctx, []byte("canary")))
			}
			check(t, s.KeepCanary(ctx, []byte("another")))
			want := map[vault.Kind][]vault.Sealed{
				vault.Tokens: {
					{ID: w.cluster.ID, Ciphertext: []byte("main"), Context: cluster.TokenContext(w.cluster)},
					{ID: second.ID, Ciphertext: []byte("second"), Context: cluster.TokenContext(second)},
				},
				vault.Values: {
					{ID: operation.ID, Ciphertext: []byte("sealed nginx"), Context: application.ValuesContext(operation.ID)},
				},
				vault.Canary: {{ID: 1, Ciphertext: []byte("canary"), Context: secret.CanaryContext()}},
			}
			for kind, rows := range want {
				if diff := cmp.Diff(rows, must(s.Sealed(ctx, kind, 0, 10))(t)); diff != "" {
					t.Errorf("%s (-want +got):\n%s", kind, diff)
				}
				if got := must(s.Sealed(ctx, kind, rows[len(rows)-1].ID, 10))(t); len(got) != 0 {
					t.Errorf("%s: %+v after the last", kind, got)
				}
			}
			if diff := cmp.Diff(want[vault.Tokens][:1], must(s.Sealed(ctx, vault.Tokens, 0, 1))(t)); diff != "" {
				t.Errorf("the first (-want +got):\n%s", diff)
			}
		})
	}
}

// TestResealDoesNotUndoAChange: a token that was entered again meanwhile stays.
func TestResealDoesNotUndoAChange(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, ctx := newWorld(t, config(t)), t.Context()
			operation := w.addOperation(t, "nginx")
			check(t, w.Vault().KeepCanary(ctx, []byte("canary")))
			for kind, row := range map[vault.Kind]vault.Change{
				vault.Tokens: {ID: w.cluster.ID, Old: []byte("main")},
				vault.Values: {ID: operation.ID, Old: []byte("sealed nginx")},
				vault.Canary: {ID: 1, Old: []byte("canary")},
			} {
				row.Fresh = []byte("fresh")
				for i, want := range []int{1, 0} { // the second time it is no longer the old one
					if got := must(w.Vault().Reseal(ctx, kind, []vault.Change{row, {ID: 99, Old: row.Old}}))(t); got != want {
						t.Errorf("%s, time %d: %d changed, want %d", kind, i+1, got, want)
					}
				}
				if got := must(w.Vault().Sealed(ctx, kind, 0, 1))(t); string(got[0].Ciphertext) != "fresh" {
					t.Errorf("%s is %q", kind, got[0].Ciphertext)
				}
			}
		})
	}
}

// TestRotationBesideTheServer rotates in a second process's place while the server has the store open and writes.
func TestRotationBesideTheServer(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, ctx, keys := newWorld(t, config(t)), t.Context(), t.TempDir()
			private, public := filepath.Join(keys, "keys", "private"), filepath.Join(keys, "public")
			sealer, opener, err := secret.LoadOrCreate(private, public)
			check(t, err)
			enter := func() {
				t.Helper()
				sealed := must(sealer.Seal(secret.NewValue([]byte("token")), cluster.TokenContext(w.cluster)))(t)
				check(t, w.Clusters().Atomically(ctx, func(tx cluster.Tx) error {
					return tx.SetSealedToken(ctx, w.cluster.ID, sealed)
				}))
			}
			enter()
			check(t, vault.Prove(ctx, w.Vault(), opener, sealer))
			first := sealer.KeyID()

			beside, err := store.OpenBeside(ctx, store.Config{
				DataDir: w.cfg.DataDir, DatabaseURL: w.cfg.DatabaseURL, Log: w.cfg.Log,
			})
			check(t, err)
			defer beside.Close()
			held := must(secret.HoldKeyset(private, public))(t)
			defer held.Release()
			rotator := vault.Rotator{
				Store: beside.Vault(), Keys: held, Opener: must(secret.LoadOpener(private))(t),
				Sealer: must(secret.LoadSealer(public))(t), Note: func(string) { enter() },
			}
			check(t, rotator.Run(ctx, vault.Rotate))
			check(t, rotator.Run(ctx, vault.Retire))
			report := must(vault.Check(ctx, w.Vault(), opener))(t)
			if len(report.Bad) > 0 || sealer.KeyID() == first || report.Keys[sealer.KeyID()] != 2 {
				t.Errorf("report %+v", report)
			}
		})
	}
}

func TestOpenBesideNeedsTheRecordsOfThisRelease(t *testing.T) {
	t.Parallel()
	_, err := store.OpenBeside(t.Context(), store.Config{DataDir: t.TempDir()})
	wantCode(t, err, apperr.NotFound)
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config(t)
			db := storetest.Open(t, cfg)
			for _, statement := range []string{
				"DELETE FROM goose_db_version WHERE version_id > 1",                        // an older release
				"INSERT INTO goose_db_version (version_id, is_applied) VALUES (999, true)", // a newer one
			} {
				sqlite, postgres := db.Handles()
				if postgres != nil {
					_, err := postgres.Exec(t.Context(), statement)
					check(t, err)
				} else {
					_, err := sqlite.ExecContext(t.Context(), statement)
					check(t, err)
				}
				_, err := store.OpenBeside(t.Context(), cfg)
				wantCode(t, err, apperr.Unavailable)
			}
		})
	}
}
