package web

import (
	"fmt"
	"net/http"
	"time"

	"github.com/roadstead/roadstead/internal/provision"
)

// eksView is what there is on Amazon EKS: the ways into accounts, and the clusters that were made through them.
type eksView struct {
	Roles []roleRow
	Runs  []runRow
	Next  int64
}

type roleRow struct {
	provision.Role

	Status status
}

type runRow struct {
	ID      int64
	Name    string
	Region  string
	Version string
	Nodes   string
	Percent int
	Busy    bool
	Status  status
	Changed time.Time
}

func (h *Handler) eks(w http.ResponseWriter, r *http.Request) error {
	roles, err := h.Provisions.Roles(r.Context(), 0, listSize)
	if err != nil {
		return err
	}
	runs, err := h.Provisions.Runs(r.Context(), after(r), listSize)
	if err != nil {
		return err
	}
	view := eksView{Roles: make([]roleRow, len(roles)), Runs: make([]runRow, len(runs))}
	for i, role := range roles {
		view.Roles[i] = roleRow{role, roleStatus(role)}
	}
	for i, run := range runs {
		view.Runs[i] = rowOf(run)
	}
	if len(runs) == listSize {
		view.Next = runs[len(runs)-1].ID
	}
	return h.render(w, r, http.StatusOK, "eks", "Amazon EKS", view)
}

func rowOf(run provision.Run) runRow {
	row := runRow{
		ID: run.ID, Name: run.Spec.Name, Region: run.Spec.Region, Version: run.Spec.KubernetesVersion,
		Percent: run.Progress.Percent, Busy: !run.State.Final(), Status: runStatus(run), Changed: run.UpdatedAt,
	}
	if run.State == provision.Ready {
		row.Nodes = fmt.Sprintf("%d of %d ready", run.Progress.Ready, run.Spec.Nodes.Count)
	}
	return row
}
