package web

import (
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/provision"
)

// wizardView is the form for a cluster, with what the account offers for it.
type wizardView struct {
	// Roles are those that let us in. Without a chosen one, they are all that the page shows.
	Roles   []provision.Role
	Role    *provision.Role
	Refused []provision.Role // that do not let us in

	Form     eksForm
	Offers   provision.Offers
	Versions []versionView
	AsOf     time.Time
	Asked    bool // an answer came, good or bad
	Code     apperr.Code
	Topic    string
	// Address shows this form anew, for the live parts of a page that came as an answer to a POST.
	Address string
	Floor   provision.Floor
	Wrong   wrong
}

type versionView struct {
	provision.Offer

	Ended    bool
	EndsSoon bool
	Chosen   bool
}

func (h *Handler) wizard(w http.ResponseWriter, r *http.Request) error {
	form, err := h.wanted(r)
	if err != nil {
		return err
	}
	return h.showWizard(w, r, wizardView{Form: form})
}

// wanted is the form to begin with: a fresh one, or that of an earlier wish.
func (h *Handler) wanted(r *http.Request) (eksForm, error) {
	query := r.URL.Query()
	if earlier := query.Get("from"); earlier != "" {
		run, err := h.Provisions.Run(r.Context(), earlier)
		if err != nil {
			return eksForm{}, err
		}
		return formOf(run.RoleID, run.Spec), nil
	}
	id, _ := strconv.ParseInt(query.Get("role"), 10, 64) // anything else is no role
	return freshForm(id, query.Get("region")), nil
}

// order makes a cluster as the form says, or looks what another role or region offers.
func (h *Handler) order(w http.ResponseWriter, r *http.Request) error {
	view := wizardView{Form: readForm(r)}
	if r.PostFormValue("look") != "" {
		return h.showWizard(w, r, view)
	}
	identity, _ := auth.FromContext(r.Context())
	run, err := h.Provisions.Create(r.Context(), provision.Order{
		RoleID: view.Form.RoleID, Spec: view.Form.spec(), AcceptCost: view.Form.AcceptCost, By: identity.Name,
	})
	if refused, ok := refusal(err); ok {
		view.Wrong = refused
		return h.showWizard(w, r, view)
	}
	if err != nil {
		return err
	}
	toRun(w, r, run)
	return nil
}

func (h *Handler) showWizard(w http.ResponseWriter, r *http.Request, view wizardView) error {
	if err := h.chooseRole(r, &view); err != nil {
		return err
	}
	if view.Role != nil {
		if err := h.fill(r, &view); err != nil {
			return err
		}
	}
	return h.render(w, r, view.Wrong.Status(), "eks-new", "Create a cluster on Amazon EKS", view)
}

// chooseRole takes the role that the form names, or the only one that there is.
func (h *Handler) chooseRole(r *http.Request, view *wizardView) error {
	all, err := h.Provisions.Roles(r.Context(), 0, listSize)
	if err != nil {
		return err
	}
	for _, role := range all {
		if role.State == provision.RoleVerified {
			view.Roles = append(view.Roles, role)
		} else {
			view.Refused = append(view.Refused, role)
		}
	}
	for i, role := range view.Roles {
		if role.ID == view.Form.RoleID || view.Form.RoleID == 0 && len(view.Roles) == 1 {
			view.Role, view.Form.RoleID = &view.Roles[i], role.ID
		}
	}
	return nil
}

// fill adds what the account offers in the region. A region that does not exist is shown as what is wrong.
func (h *Handler) fill(r *http.Request, view *wizardView) error {
	if view.Form.Region == "" {
		view.Form.Region = view.Role.Region
	}
	form, offers, err := h.Provisions.Offers(r.Context(), view.Role.ID, view.Form.Region)
	if refused, ok := refusal(err); ok && view.Wrong.Error == nil {
		view.Wrong = refused
	} else if err != nil && !ok {
		return err
	}
	view.Offers, view.AsOf, view.Asked, view.Code = offers, form.AsOf, !form.CheckedAt.IsZero(), form.Code
	view.Topic, view.Floor = provision.FormTopic(view.Role.ID, view.Form.Region), provision.CostFloor()
	view.Address = "/eks/new?" + url.Values{
		"role": {strconv.FormatInt(view.Role.ID, 10)}, "region": {view.Form.Region},
	}.Encode()
	view.Versions = h.versions(offers.Versions, view.Form.Version)
	return nil
}

// versions marks those that are no good start, and chooses: what was chosen before, else the cloud's default unless it
// ends soon, else the newest.
func (h *Handler) versions(offers []provision.Offer, chosen string) []versionView {
	views := make([]versionView, len(offers))
	best := -1
	for i, o := range offers {
		views[i] = versionView{
			Offer: o, Ended: o.SupportEnds.Before(h.Now()), EndsSoon: o.EndsSoon(h.Now()), Chosen: o.Version == chosen,
		}
		if views[i].EndsSoon || chosen != "" {
			continue
		}
		if best < 0 || o.Default || !views[best].Default && o.Version > views[best].Version {
			best = i
		}
	}
	if best >= 0 {
		views[best].Chosen = true
	}
	return views
}
