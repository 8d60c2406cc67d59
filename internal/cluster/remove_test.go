package cluster_test

import (
	"testing"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/work"
)

// remove runs the removal's step once, after so many failures of the cluster.
func (w *world) remove(failures int) (work.Next, error) {
	return w.service.StepRemove(w.t.Context(), work.Claim{
		Ref: work.Ref{Kind: cluster.RemoveKind, Object: 7, Cluster: 7}, Failures: failures,
	})
}

// lastAction is what was recorded last.
func (w *world) lastAction() string {
	if len(w.recorded) == 0 {
		return ""
	}
	return w.recorded[len(w.recorded)-1].Action
}

func TestRemove(t *testing.T) {
	t.Parallel()
	for mode, tc := range map[cluster.RemoveMode]struct {
		state   cluster.State
		enabled bool
		deleted bool
		due     int
	}{
		cluster.LeaveAll:     {cluster.Attached, true, true, 0},
		cluster.CleanUpFirst: {cluster.Removing, true, false, 1},
		cluster.ForgetNow:    {cluster.Forgotten, false, false, 1},
	} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			if err := w.service.Remove(t.Context(), 7, cluster.RemoveOptions{Mode: mode}); err != nil {
				t.Fatal(err)
			}
			if w.row.State != tc.state || w.row.Enabled != tc.enabled || w.deleted != tc.deleted || w.due[cluster.RemoveKind] != tc.due {
				t.Errorf("the row is %+v, deleted %t, scheduled %v", w.row, w.deleted, w.due)
			}
			if w.lastAction() != "cluster.remove" || w.recorded[0].Detail["mode"] != string(mode) {
				t.Errorf("recorded %+v", w.recorded)
			}
		})
	}
}

func TestRemoveRefuses(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		options cluster.RemoveOptions
		items   []cluster.Item
		state   cluster.State
		want    apperr.Code
	}{
		"a mode nobody knows": {cluster.RemoveOptions{Mode: "burn"}, nil, cluster.Attached, apperr.ValidationFailed},
		"all rights that nobody agreed to": {
			cluster.RemoveOptions{Mode: cluster.CleanUpFirst, Applications: true},
			[]cluster.Item{{Name: "mesh", Admin: true}},
			cluster.Attached, apperr.RightsMissing,
		},
		"what is forgotten": {cluster.RemoveOptions{Mode: cluster.LeaveAll}, nil, cluster.Forgotten, apperr.NotFound},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.row.State, w.items = tc.state, tc.items
			if err := w.service.Remove(t.Context(), 7, tc.options); apperr.CodeOf(err) != tc.want || w.deleted {
				t.Errorf("Remove: %v, deleted %t", err, w.deleted)
			}
		})
	}
}

// forgotten is a world whose cluster was forgotten.
func forgotten(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	if err := w.service.Remove(t.Context(), 7, cluster.RemoveOptions{Mode: cluster.ForgetNow}); err != nil {
		t.Fatal(err)
	}
	return w
}

func TestAForgottenClusterIsNotThere(t *testing.T) {
	t.Parallel()
	w, name := forgotten(t), "renamed"
	_, readErr := w.service.Cluster(t.Context(), "7")
	_, editErr := w.service.Edit(t.Context(), 7, cluster.EditRequest{Name: &name})
	_, saveErr := w.service.Save(t.Context(), 7)
	_, listErr := w.service.Inventory(t.Context(), 7)
	for what, err := range map[string]error{
		"read": readErr, "edit": editErr, "save": saveErr, "inventory": listErr, "check": w.service.Check(t.Context(), 7),
	} {
		if apperr.CodeOf(err) != apperr.NotFound {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// The pauses grow to an hour, and nothing but one object is asked for.
func TestAForgottenClusterIsLookedForEverMoreRarely(t *testing.T) {
	t.Parallel()
	w := forgotten(t)
	w.failure, w.uncleared = apperr.Of(apperr.ClusterTimeout), true
	for failures, want := range map[int]time.Duration{0: 30 * time.Second, 3: 4 * time.Minute, 7: time.Hour, 700: time.Hour} {
		_, err := w.remove(failures)
		if after, _ := apperr.AfterOf(err); after != want || apperr.CodeOf(err) != apperr.ClusterTimeout {
			t.Errorf("after %d failures the step ends in %v, wait %v", failures, err, after)
		}
	}
	if w.clears != 0 || w.row.Removal.Code != apperr.ClusterTimeout {
		t.Errorf("cleared %d times, marked %+v", w.clears, w.row.Removal)
	}
}

func TestAForgottenClusterThatReturnsIsCleanedUp(t *testing.T) {
	t.Parallel()
	w := forgotten(t)
	w.failure = apperr.Of(apperr.ClusterTimeout)
	_, _ = w.remove(0)
	w.failure, w.uncleared = nil, true
	if next, err := w.remove(1); err != nil || next.IsDone() || w.row.Removal.Code != "" {
		t.Errorf("while namespaces go the step ends with %+v %v, marked %+v", next, err, w.row.Removal)
	}
	w.uncleared = false
	if next, err := w.remove(0); err != nil || !next.IsDone() || !w.deleted || w.lastAction() != "cluster.forgotten" {
		t.Errorf("then with %+v %v, deleted %t, recorded %+v", next, err, w.deleted, w.recorded)
	}
}

func TestAForgottenClusterIsGivenUpAfterThirtyDays(t *testing.T) {
	t.Parallel()
	w := forgotten(t)
	w.failure = apperr.Of(apperr.ClusterTimeout)
	w.now = w.now.Add(30 * 24 * time.Hour)
	if _, err := w.remove(9); err == nil || w.deleted {
		t.Errorf("on the last day: %v, deleted %t", err, w.deleted)
	}
	w.now = w.now.Add(time.Hour)
	if next, err := w.remove(9); err != nil || !next.IsDone() || !w.deleted {
		t.Errorf("after it: %+v %v, deleted %t", next, err, w.deleted)
	}
	if w.lastAction() != "cluster.forgotten" || w.recorded[len(w.recorded)-1].Detail["code"] != string(apperr.ClusterTimeout) {
		t.Errorf("recorded %+v", w.recorded)
	}
}

// Who waits for a dead cluster may go on without it.
func TestARemovalIsAskedForInAnotherWay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ask := func(mode cluster.RemoveMode) {
		t.Helper()
		if err := w.service.Remove(t.Context(), 7, cluster.RemoveOptions{Mode: mode}); err != nil {
			t.Fatal(err)
		}
	}
	ask(cluster.CleanUpFirst)
	w.uncleared = true
	if next, err := w.remove(0); err != nil || next.IsDone() {
		t.Fatalf("the step ends with %+v %v", next, err)
	}
	ask(cluster.ForgetNow)
	if w.row.State != cluster.Forgotten {
		t.Errorf("the cluster is %s", w.row.State)
	}
}
