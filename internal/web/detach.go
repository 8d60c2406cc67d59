package web

import (
	"net/http"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/cluster"
)

// detachView is the page on which somebody chooses what becomes of what we made in a cluster.
type detachView struct {
	place

	Items        []itemView
	Mode         cluster.RemoveMode
	Applications bool
	Admin        bool
	Confirm      string
	Wrong        wrong
}

type itemView struct {
	cluster.Item

	What string
	Fate status
}

// ConfirmField is the line that the detaching is confirmed in.
func (v detachView) ConfirmField() field {
	return newField("confirm", "Type the name of the cluster, "+v.Cluster.Name, v.Confirm, v.Wrong, "confirm").Needed()
}

func (h *Handler) detachment(w http.ResponseWriter, r *http.Request) error {
	return h.showDetachment(w, r, detachView{place: here(r), Mode: cluster.CleanUpFirst})
}

func (h *Handler) showDetachment(w http.ResponseWriter, r *http.Request, view detachView) (err error) {
	if view.Items, err = h.inventory(r, view.Cluster.ID); err != nil {
		return err
	}
	return h.render(w, r, view.Wrong.Status(), "detach", "Detach "+view.Cluster.Name, view)
}

func (h *Handler) inventory(r *http.Request, clusterID int64) ([]itemView, error) {
	items, err := h.Clusters.Inventory(r.Context(), clusterID)
	if err != nil {
		return nil, err
	}
	views := make([]itemView, len(items))
	for i, item := range items {
		views[i] = itemView{item, whatIs(item), fateOf(item.Fate)}
	}
	return views, nil
}

func whatIs(i cluster.Item) string {
	switch i.Kind {
	case cluster.ItemNamespace:
		return "Namespace of a project"
	case cluster.ItemApplication:
		return "Application"
	case cluster.ItemIdentity:
		return "Our own identity"
	case cluster.ItemInstallNamespace:
		return "Namespace of install pods"
	case cluster.ItemAccount:
		return "Account that an administrator made for us"
	}
	return string(i.Kind)
}

func fateOf(f cluster.Fate) status {
	switch f {
	case cluster.Goes:
		return status{"bad", "goes with a cleanup"}
	case cluster.Optional:
		return status{"warn", "goes if you say so"}
	case cluster.Stays:
		return status{"idle", "stays"}
	}
	return status{"idle", string(f)}
}

func (h *Handler) detach(w http.ResponseWriter, r *http.Request) error {
	view := detachView{
		place: here(r), Mode: cluster.RemoveMode(typed(r, "mode")), Confirm: typed(r, "confirm"),
		Applications: typed(r, "applications") == "true", Admin: typed(r, "admin") == "true",
	}
	err := h.remove(r, view)
	if refused, ok := refusal(err); ok {
		view.Wrong = refused
		return h.showDetachment(w, r, view)
	}
	if err != nil {
		return err
	}
	if view.Mode == cluster.CleanUpFirst {
		return toCluster(w, r)
	}
	http.Redirect(w, r, view.Path()+"/clusters", http.StatusSeeOther)
	return nil
}

func (h *Handler) remove(r *http.Request, view detachView) error {
	switch view.Mode {
	case cluster.LeaveAll, cluster.CleanUpFirst, cluster.ForgetNow:
	default:
		return apperr.Of(apperr.ValidationFailed).WithMessage("Say what becomes of what Roadstead made in the cluster.").
			WithHint("Leave it, clean it up, or forget the cluster now.")
	}
	if view.Confirm != view.Cluster.Name {
		return invalid("confirm", "Type "+view.Cluster.Name+" to detach it.")
	}
	return h.Clusters.Remove(r.Context(), view.Cluster.ID, cluster.RemoveOptions{
		Mode: view.Mode, Applications: view.Applications, Admin: view.Admin,
	})
}
