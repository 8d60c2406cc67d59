package web

import (
	"net/http"
	"strconv"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/tenant"
)

type environmentsView struct {
	place

	Search string
	// State leaves environments of one state; empty for all.
	State tenant.EnvironmentState
	Rows  []tenant.Environment
	Pager pager

	// Name, Tier and URL are what was typed for a new one.
	Name, Tier, URL string
	Wrong           wrong
}

// environmentPage is the page on which one environment is changed.
type environmentPage struct {
	place

	Environment tenant.Environment
	Tier, URL   string
	Wrong       wrong
}

// Fields are the lines that make an environment.
func (v environmentsView) Fields() []field {
	guess := append([]choice{{Value: "", Text: "By its name"}}, choices(tenant.Tiers(), tenant.Tier(v.Tier))...)
	return []field{
		newField("name", "Name", v.Name, v.Wrong, "environment").Needed().Like("production"),
		newField("tier", "Tier", "", v.Wrong, "tier").Of(guess),
		newField("url", "Address", v.URL, v.Wrong, "external_url").As("url").Like("https://shop.example.com"),
	}
}

// Fields are the lines that change an environment.
func (v environmentPage) Fields() []field {
	return []field{
		newField("tier", "Tier", "", v.Wrong, "tier").Of(choices(tenant.Tiers(), tenant.Tier(v.Tier))).
			Hinted("What it is for. The name stays: namespaces are called after it."),
		newField("url", "Address", v.URL, v.Wrong, "external_url").As("url").Like("https://shop.example.com").
			Hinted("Where what runs there answers."),
	}
}

func (h *Handler) environments(w http.ResponseWriter, r *http.Request) error {
	return h.showEnvironments(w, r, environmentsView{place: here(r)})
}

func (h *Handler) showEnvironments(w http.ResponseWriter, r *http.Request, view environmentsView) error {
	turned := newPager(r, "page")
	view.Search, view.State = asked(r), tenant.EnvironmentState(r.URL.Query().Get("state"))
	rows, err := h.Tenant.ListEnvironments(r.Context(), tenant.EnvironmentQuery{
		ProjectID: view.Project.ID, State: view.State, Search: view.Search, Order: tenant.ByPath, Page: turned.want(),
	})
	if err != nil {
		return err
	}
	view.Rows, view.Pager = turn(turned, rows)
	return h.render(w, r, view.Wrong.Status(), "environments", "Environments of "+view.Project.Path, view)
}

func (h *Handler) addEnvironment(w http.ResponseWriter, r *http.Request) error {
	view := environmentsView{place: here(r), Name: typed(r, "name"), Tier: typed(r, "tier"), URL: typed(r, "url")}
	_, err := h.Tenant.CreateEnvironment(r.Context(), tenant.NewEnvironment{
		ProjectID: view.Project.ID, Name: view.Name, Tier: tenant.Tier(view.Tier), ExternalURL: view.URL,
	})
	if refused, ok := refusal(err); ok {
		view.Wrong = refused
		return h.showEnvironments(w, r, view)
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, view.Path()+"/environments", http.StatusSeeOther)
	return nil
}

func (h *Handler) environmentForm(w http.ResponseWriter, r *http.Request) error {
	e, err := h.findEnvironment(r)
	if err != nil {
		return err
	}
	return h.showEnvironment(w, r, environmentPage{place: here(r), Environment: e, Tier: string(e.Tier), URL: e.ExternalURL})
}

func (h *Handler) showEnvironment(w http.ResponseWriter, r *http.Request, view environmentPage) error {
	return h.render(w, r, view.Wrong.Status(), "environment", view.Environment.Name, view)
}

// findEnvironment finds the environment of an address, which must be one of the address's project.
func (h *Handler) findEnvironment(r *http.Request) (tenant.Environment, error) {
	id, err := strconv.ParseInt(r.PathValue("environment"), 10, 64)
	if err != nil {
		return tenant.Environment{}, apperr.Of(apperr.NotFound)
	}
	return h.Tenant.EnvironmentByID(r.Context(), here(r).Project.ID, id)
}

func (h *Handler) changeEnvironment(w http.ResponseWriter, r *http.Request) error {
	tier, address := tenant.Tier(typed(r, "tier")), typed(r, "url")
	return h.environmentChanged(w, r, func(e tenant.Environment) error {
		_, err := h.Tenant.UpdateEnvironment(r.Context(), e.ID, tenant.EnvironmentChange{Tier: &tier, ExternalURL: &address})
		return err
	})
}

func (h *Handler) stopEnvironment(w http.ResponseWriter, r *http.Request) error {
	return h.environmentChanged(w, r, func(e tenant.Environment) error {
		_, err := h.Tenant.StopEnvironment(r.Context(), e.ID)
		return err
	})
}

func (h *Handler) startEnvironment(w http.ResponseWriter, r *http.Request) error {
	return h.environmentChanged(w, r, func(e tenant.Environment) error {
		_, err := h.Tenant.StartEnvironment(r.Context(), e.ID)
		return err
	})
}

func (h *Handler) deleteEnvironment(w http.ResponseWriter, r *http.Request) error {
	return h.environmentChanged(w, r, func(e tenant.Environment) error { return h.Tenant.DeleteEnvironment(r.Context(), e.ID) })
}

// environmentChanged changes an environment and shows all of the project, or what is wrong about the change.
func (h *Handler) environmentChanged(w http.ResponseWriter, r *http.Request, change func(e tenant.Environment) error) error {
	e, err := h.findEnvironment(r)
	if err != nil {
		return err
	}
	err = change(e)
	if refused, ok := refusal(err); ok {
		tier := string(e.Tier)
		if t := typed(r, "tier"); t != "" {
			tier = t
		}
		return h.showEnvironment(w, r, environmentPage{place: here(r), Environment: e, Tier: tier, URL: typed(r, "url"), Wrong: refused})
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, here(r).Path()+"/environments", http.StatusSeeOther) //nolint:gosec // a path of ours, by ids
	return nil
}
