package web

import (
	"context"
	"net/http"
	"slices"
	"strconv"

	"github.com/roadstead/roadstead/internal/provision"
)

// demolitionView is what a deletion would meet, and the form that confirms it.
type demolitionView struct {
	Run       provision.Run
	Inventory provision.Inventory
	Total     float64 // what is known to cost, in US dollars a month
	Standing  bool    // there is something in the account

	Confirm       string
	LoadBalancers bool
	Retain        []string
	Force         bool
	Wrong         wrong
	// Forgetting says that what is wrong is about forgetting.
	Forgetting bool
}

// Retains reports whether a part was ticked to be left behind.
func (v demolitionView) Retains(part string) bool { return slices.Contains(v.Retain, part) }

// changeRun is a page that asks for something and shows what becomes of it.
func (h *Handler) changeRun(change func(context.Context, int64) (provision.Run, error)) page {
	return func(w http.ResponseWriter, r *http.Request) error {
		run, err := h.Provisions.Run(r.Context(), r.PathValue("run"))
		if err != nil {
			return err
		}
		if run, err = change(r.Context(), run.ID); err != nil {
			return err
		}
		toRun(w, r, run)
		return nil
	}
}

func (h *Handler) upgradeRun(w http.ResponseWriter, r *http.Request) error {
	return h.changeRun(func(ctx context.Context, id int64) (provision.Run, error) {
		return h.Provisions.Upgrade(ctx, id, typed(r, "version"))
	})(w, r)
}

func (h *Handler) demolition(w http.ResponseWriter, r *http.Request) error {
	run, err := h.Provisions.Run(r.Context(), r.PathValue("run"))
	if err != nil {
		return err
	}
	return h.showDemolition(w, r, demolitionView{Run: run})
}

func (h *Handler) showDemolition(w http.ResponseWriter, r *http.Request, view demolitionView) (err error) {
	if view.Inventory, err = h.Provisions.Inventory(r.Context(), view.Run.ID); err != nil {
		return err
	}
	for _, b := range view.Inventory.Billed {
		view.Total += b.USDMonth
	}
	view.Standing = view.Run.StackID != "" && !view.Run.StackGone
	return h.render(w, r, view.Wrong.Status(), "eks-delete", "Delete "+view.Run.Spec.Name, view)
}

func (h *Handler) deleteRun(w http.ResponseWriter, r *http.Request) error {
	run, err := h.Provisions.Run(r.Context(), r.PathValue("run"))
	if err != nil {
		return err
	}
	view := demolitionView{
		Run: run, Confirm: typed(r, "confirm"), LoadBalancers: r.PostFormValue("load_balancers") == "true",
		Retain: r.PostForm["retain"], Force: r.PostFormValue("force") == "true",
	}
	run, err = h.Provisions.Delete(r.Context(), run.ID, provision.Demolition{
		Confirm: view.Confirm, LoadBalancers: view.LoadBalancers, Retain: view.Retain, Force: view.Force,
	})
	if refused, ok := refusal(err); ok {
		view.Wrong = refused
		return h.showDemolition(w, r, view)
	}
	if err != nil {
		return err
	}
	toRun(w, r, run)
	return nil
}

func (h *Handler) forgetRun(w http.ResponseWriter, r *http.Request) error {
	run, err := h.Provisions.Run(r.Context(), r.PathValue("run"))
	if err != nil {
		return err
	}
	err = h.Provisions.Forget(r.Context(), run.ID, typed(r, "confirm"))
	if refused, ok := refusal(err); ok {
		return h.showDemolition(w, r, demolitionView{Run: run, Confirm: typed(r, "confirm"), Wrong: refused, Forgetting: true})
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/eks", http.StatusSeeOther)
	return nil
}

func toRun(w http.ResponseWriter, r *http.Request, run provision.Run) {
	http.Redirect(w, r, "/eks/clusters/"+strconv.FormatInt(run.ID, 10), http.StatusSeeOther)
}
