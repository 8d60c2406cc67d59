package storetest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/application"
	"github.com/roadstead/roadstead/internal/store"
	"github.com/roadstead/roadstead/internal/storetest"
)

func storedEntry(name string) application.Entry {
	return application.Entry{
		Name: name, Title: "A \"web\" <shop>", Description: "Sells\x00.", Namespace: "shop", PodSecurity: "restricted",
		Chart: application.ChartRef{Repository: "oci://charts", Name: "web", Version: "1.0.0"},
		Rights: application.Rights{Level: application.RightsCluster, Rules: []application.Rule{
			{Groups: []string{""}, Resources: []string{"pods"}, Names: []string{"a"}, Verbs: []string{"get"}},
		}, ClusterRules: []application.Rule{{NonResourceURLs: []string{"/metrics"}, Verbs: []string{"get"}}}},
		Values: "replicas: 2\n", Provides: []string{"ingress"}, Timeout: 90 * time.Second, Verified: true,
	}
}

func setEntry(t *testing.T, s store.Applications, e application.Entry) (changed bool) {
	t.Helper()
	check(t, s.Atomically(t.Context(), func(tx application.Tx) (err error) {
		changed, err = tx.SetEntry(t.Context(), e)
		return err
	}))
	return changed
}

func TestStoredCatalog(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, ctx := storetest.Open(t, config(t)).Applications(), t.Context()
			_, err := s.StoredEntry(ctx, "web")
			wantCode(t, err, apperr.NotFound)
			web := storedEntry("web")
			if !setEntry(t, s, web) || !setEntry(t, s, storedEntry("api")) {
				t.Error("a new entry is no change")
			}
			if diff := cmp.Diff(web, must(s.StoredEntry(ctx, "web"))(t)); diff != "" {
				t.Errorf("stored (-want +got):\n%s", diff)
			}
			before := must(s.StoredRevisions(ctx))(t)
			if setEntry(t, s, web) {
				t.Error("the same again is a change")
			}
			if diff := cmp.Diff(before, must(s.StoredRevisions(ctx))(t)); diff != "" {
				t.Errorf("revisions after no change (-want +got):\n%s", diff)
			}
			web.Chart.Version = "1.1.0"
			if !setEntry(t, s, web) {
				t.Error("another version is no change")
			}
			after := must(s.StoredRevisions(ctx))(t)
			if len(after) != 2 || after["web"] <= before["web"] || after["api"] != before["api"] {
				t.Errorf("revisions %v, after %v", after, before)
			}
			check(t, s.Atomically(ctx, func(tx application.Tx) error {
				if entries, bytes, err := tx.StoredSize(ctx); entries != 2 || bytes < int64(len(web.Values)) || err != nil {
					t.Errorf("%d entries of %d bytes, %v", entries, bytes, err)
				}
				check(t, tx.HoldEntry(ctx, "web"))
				wantCode(t, tx.HoldEntry(ctx, "nothing"), apperr.NotFound)
				return tx.DeleteEntry(ctx, "web")
			}))
			_, err = s.StoredEntry(ctx, "web")
			wantCode(t, err, apperr.NotFound)
			wantCode(t, s.Atomically(ctx, func(tx application.Tx) error { return tx.DeleteEntry(ctx, "web") }), apperr.NotFound)
			setEntry(t, s, web)
			if again := must(s.StoredRevisions(ctx))(t); again["web"] <= after["web"] {
				t.Errorf("a revision was given twice: %v after %v", again, after)
			}
		})
	}
}

func TestClustersWithAnApplication(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, ctx := newWorld(t, config(t)), t.Context()
			w.addOperation(t, "nginx")
			check(t, w.Applications().Atomically(ctx, func(tx application.Tx) error {
				for name, want := range map[string]string{"nginx": w.cluster.Name, "nothing": ""} {
					if got := must(tx.ClustersWith(ctx, name, 5))(t); strings.Join(got, ",") != want {
						t.Errorf("%s is on %q, want %q", name, got, want)
					}
				}
				return nil
			}))
		})
	}
}

// TestAnEntryIsHeld has an install take up an entry while somebody removes it:
// the removal waits, and then sees the install.
func TestAnEntryIsHeld(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t, storetest.PostgresConfig(t)), t.Context()
	s := w.Applications()
	setEntry(t, s, storedEntry("web"))
	seen := make(chan []string, 1)
	removed := make(chan error, 1)
	check(t, s.Atomically(ctx, func(tx application.Tx) error {
		check(t, tx.HoldEntry(ctx, "web"))
		go func() {
			removed <- s.Atomically(ctx, func(tx application.Tx) error {
				if err := tx.DeleteEntry(ctx, "web"); err != nil {
					return err
				}
				clusters, err := tx.ClustersWith(ctx, "web", 5)
				seen <- clusters
				return err
			})
		}()
		w.waitsForALock(t)
		_, err := tx.InsertApplication(ctx, application.Application{
			ClusterID: w.cluster.ID, Name: "web", Namespace: "shop", State: application.Installable, CreatedAt: instant(), UpdatedAt: instant(),
		})
		return err
	}))
	check(t, <-removed)
	if clusters := <-seen; len(clusters) != 1 {
		t.Errorf("the removal saw the application on %q", clusters)
	}
}

// waitsForALock returns once a transaction waits for another one.
func (w world) waitsForALock(t *testing.T) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	_, db := w.Handles()
	for time.Now().Before(deadline) {
		waiting := 0
		check(t, db.QueryRow(t.Context(),
			"SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'").Scan(&waiting))
		if waiting > 0 {
			return
		}
	}
	t.Fatal("nobody waits")
}
