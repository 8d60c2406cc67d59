package application_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/application"
	"github.com/roadstead/roadstead/internal/work"
)

func TestMachine_sweep(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.cluster.errs["Start"] = apperr.Of(apperr.PodRefused)
	failed := w.end(w.install(application.InstallRequest{Name: "web"}))
	running := w.install(application.InstallRequest{Name: "starter"})

	kept := application.Leftover{Kind: application.Pod, Name: "kept", OperationID: failed.ID, Token: failed.Token}
	late := application.Leftover{Kind: "ServiceAccount", Name: "late", OperationID: failed.ID, Token: failed.Token}
	unknown := application.Leftover{Kind: application.Pod, Name: "unknown", OperationID: 999, Token: "x"}
	older := application.Leftover{Kind: "Secret", Name: "older", OperationID: running.ID, Token: "older"}
	busy := application.Leftover{Kind: "Secret", Name: "busy", OperationID: running.ID, Token: running.Token}
	w.cluster.left = []application.Leftover{kept, late, unknown, older, busy}

	claim := work.Claim{Ref: work.Ref{Kind: application.KindSweep, Object: clusterID, Cluster: clusterID}}
	next, err := w.machine.Sweep(t.Context(), claim)
	if err != nil || next.IsDone() {
		t.Fatalf("the sweep ended although something is left: %v", err)
	}
	if diff := cmp.Diff([]application.Leftover{late, unknown, older}, w.cluster.removed); diff != "" {
		t.Errorf("removed (-want +got):\n%s", diff)
	}

	w.clock.at, w.cluster.removed = w.clock.at.Add(25*time.Hour), nil
	w.cluster.left = []application.Leftover{kept}
	next, err = w.machine.Sweep(t.Context(), claim)
	if err != nil || !next.IsDone() || len(w.cluster.removed) != 1 {
		t.Errorf("after a day: done %t, removed %v, %v", next.IsDone(), w.cluster.removed, err)
	}
}

func TestMachine_SweepSoon(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.install(application.InstallRequest{Name: "web"})
	clear(w.store.state.due)
	if err := w.machine.SweepSoon(t.Context(), []int64{clusterID, clusterID + 1}); err != nil {
		t.Fatal(err)
	}
	want := map[work.Ref]time.Time{{Kind: application.KindSweep, Object: clusterID, Cluster: clusterID}: {}}
	if diff := cmp.Diff(want, w.store.state.due); diff != "" {
		t.Errorf("due (-want +got):\n%s", diff)
	}
}
