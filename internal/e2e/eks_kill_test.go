package e2e_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// TestEKSKilledAtEveryInstant kills the server after every commit and every call to AWS and to the new cluster, one at a
// time. The restarted server ends with exactly one stack and one identity. Short of a full run it takes a seeded sample.
func TestEKSKilledAtEveryInstant(t *testing.T) {
	t.Parallel()
	points := surviveEKS(t, 0)
	t.Logf("making a cluster on EKS passes %d kill points", points)
	if points < 40 {
		t.Fatalf("only %d kill points: they are not compiled in", points)
	}
	for _, k := range sample(t, points) {
		t.Run("k="+strconv.Itoa(k), func(t *testing.T) {
			t.Parallel()
			surviveEKS(t, k)
		})
	}
}

// surviveEKS makes a cluster, killing the server at the k-th point, and returns how many points it passed.
func surviveEKS(t *testing.T, k int) int {
	t.Helper()
	folder := t.TempDir()
	e := newDraft(t, 300*time.Millisecond, shared.fault, "ROADSTEAD_FAULT_DIR="+folder)
	e.must(t, "eks", "role", "register", "customer", e.role, "--stack-role", e.stack)
	if err := os.WriteFile(filepath.Join(folder, "arm"), []byte(strconv.Itoa(k)), 0o600); err != nil {
		t.Fatal(err)
	}
	_, _ = e.cli(t.Context(), append(e.createArgs(), "--no-wait")...) // the server may die before it answers
	ready := func() error { return e.isReady(t.Context()) }
	if k > 0 {
		eventually(t, made, func() error {
			select {
			case <-e.process.Done():
				return nil
			default:
				return ready() // how often it looks differs: the point may not be reached
			}
		})
		e.process.Kill()
		if err := os.Remove(filepath.Join(folder, "arm")); err != nil {
			t.Fatal(err)
		}
		e.mustStart(t)
		if known, err := e.knows("/api/v1/aws/clusters/1"); err != nil {
			t.Fatal(err)
		} else if !known {
			e.begin(t)
		}
	}
	eventually(t, made, ready)
	if err := e.keepsNoSession(t); err != nil {
		t.Error(err)
	}
	if n := len(e.account().Clusters(home)); n != 1 {
		t.Errorf("%d clusters were made", n)
	}
	if k > 0 {
		return 0
	}
	return tracedPoints(t, folder)
}

// keepsNoSession returns nil when no credential of the cloud is stored, sealed or not.
func (e *estate) keepsNoSession(t *testing.T) error {
	t.Helper()
	db := e.openDB(t)
	defer db.Close()
	if kept := column(t, db, "SELECT id FROM provision_runs WHERE session IS NOT NULL OR session_expires <> 0"); len(kept) > 0 {
		return fmt.Errorf("the runs %v keep a session", kept)
	}
	if status, err := e.get(t.Context(), "/api/v1/aws/clusters/1", nil); err != nil || status != http.StatusOK {
		return fmt.Errorf("the run answers %d, %w", status, err)
	}
	return nil
}
