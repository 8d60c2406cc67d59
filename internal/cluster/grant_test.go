package cluster_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/cluster"
)

func TestGrantRefuses(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		row  cluster.Cluster
		want apperr.Code
	}{
		"a cluster of one project":   {cluster.Cluster{State: cluster.Attached, Level: cluster.Project, ProjectID: 1}, apperr.Conflict},
		"what the group has already": {cluster.Cluster{State: cluster.Attached, Level: cluster.Group, GroupID: 3}, apperr.Conflict},
		"a draft":                    {cluster.Cluster{State: cluster.Draft, Level: cluster.Instance}, apperr.Conflict},
		"what is on its way out":     {cluster.Cluster{State: cluster.Removing, Level: cluster.Instance}, apperr.Conflict},
		"what is forgotten":          {cluster.Cluster{State: cluster.Forgotten, Level: cluster.Instance}, apperr.NotFound},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.row = tc.row
			if _, err := w.service.Grant(t.Context(), 7, 3); apperr.CodeOf(err) != tc.want || len(w.recorded) != 0 {
				t.Errorf("Grant: %v, recorded %+v", err, w.recorded)
			}
		})
	}
}

// Whoever ends a grant says what becomes of what it leaves behind.
func TestRevokeSettlesWhatRemains(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		remains  cluster.Remains
		stranded []int64
		want     apperr.Code
		removed  []int64
	}{
		"nothing remains":  {cluster.Refuse, nil, "", nil},
		"nobody says":      {cluster.Refuse, []int64{5, 6}, apperr.Conflict, nil},
		"they are left":    {cluster.Leave, []int64{5, 6}, "", nil},
		"they are removed": {cluster.CleanUp, []int64{5, 6}, "", []int64{5, 6}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.stranded = tc.stranded
			err := w.service.Revoke(t.Context(), 7, 3, tc.remains)
			if apperr.CodeOf(err) != tc.want || (len(w.recorded) == 0) != (err != nil) {
				t.Errorf("Revoke: %v, recorded %+v", err, w.recorded)
			}
			if diff := cmp.Diff(tc.removed, w.removed); diff != "" {
				t.Errorf("removed (-want +got):\n%s", diff)
			}
		})
	}
}

// A draft that nobody saved goes after an hour; one that was saved stays.
func TestDraftsAreSwept(t *testing.T) {
	t.Parallel()
	for state, goes := range map[cluster.State]bool{cluster.Draft: true, cluster.Attached: false} {
		w := newWorld(t)
		w.row.State, w.drafts = state, []int64{7} // as listed a moment ago
		if err := w.service.SweepDrafts(t.Context()); err != nil || w.deleted != goes {
			t.Errorf("%s: deleted %t, %v", state, w.deleted, err)
		}
		if want := w.now.Add(-time.Hour); !w.draftsBefore.Equal(want) {
			t.Errorf("drafts before %v are asked for, want %v", w.draftsBefore, want)
		}
	}
}

// A draft holds what its maker pasted: to others it is not there.
func TestDraftIsThereForItsMaker(t *testing.T) {
	t.Parallel()
	const maker = 5
	w := newWorld(t)
	w.row.State, w.row.CreatedBy = cluster.Draft, maker
	for name, test := range map[string]struct {
		who  auth.Identity
		want apperr.Code
	}{
		"its maker":        {auth.Identity{UserID: maker}, ""},
		"an administrator": {auth.Identity{UserID: 1, Admin: true}, ""},
		"another":          {auth.Identity{UserID: maker + 1}, apperr.NotFound},
		"nobody":           {auth.Identity{}, apperr.NotFound},
	} {
		ctx := auth.WithIdentity(t.Context(), test.who)
		_, looked := w.service.Cluster(ctx, "7")
		_, edited := w.service.Edit(ctx, 7, cluster.EditRequest{})
		for what, err := range map[string]error{"Cluster": looked, "Edit": edited} {
			if got := apperr.CodeOf(err); got != test.want {
				t.Errorf("%s by %s: %v, want code %q", what, name, err, test.want)
			}
		}
		if test.want != "" {
			_, saved := w.service.Save(ctx, 7)
			removed := w.service.Remove(ctx, 7, cluster.RemoveOptions{Mode: cluster.LeaveAll})
			if apperr.CodeOf(saved) != test.want || apperr.CodeOf(removed) != test.want || w.deleted || w.row.State != cluster.Draft {
				t.Errorf("%s saves it: %v, removes it: %v", name, saved, removed)
			}
		}
	}
}

func TestSaveAttachesADraft(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.row.State = cluster.Draft
	if c, err := w.service.Save(t.Context(), 7); err != nil || c.State != cluster.Attached || w.lastAction() != "cluster.attach" {
		t.Errorf("Save: %+v %v, recorded %+v", c, err, w.recorded)
	}
	if _, err := w.service.Save(t.Context(), 7); err != nil || len(w.recorded) != 1 {
		t.Errorf("saving again: %v, recorded %+v", err, w.recorded)
	}
}
