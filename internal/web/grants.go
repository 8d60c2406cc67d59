package web

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/cluster"
)

type grantsView struct {
	place

	Rows []grantRow
	// To is the path that was typed.
	To    string
	Wrong wrong
}

type grantRow struct {
	GroupID int64
	Path    string
	Since   time.Time
}

// Field is the line that grants the cluster.
func (v grantsView) Field() field {
	return newField("group", "Path of the group", v.To, v.Wrong, "group").Needed().Like("acme/platform")
}

func (h *Handler) grants(w http.ResponseWriter, r *http.Request) error {
	return h.showGrants(w, r, grantsView{place: here(r)})
}

func (h *Handler) showGrants(w http.ResponseWriter, r *http.Request, view grantsView) error {
	all, err := h.Clusters.Grants(r.Context(), view.Cluster.ID)
	if err != nil {
		return err
	}
	for _, g := range all {
		path, err := h.grantee(r, g.GroupID)
		if err != nil {
			return err
		}
		view.Rows = append(view.Rows, grantRow{g.GroupID, path, g.CreatedAt})
	}
	return h.render(w, r, view.Wrong.Status(), "grants", "Grants of "+view.Cluster.Name, view)
}

// grantee is what to call a group that a cluster is granted to: by its path before those who see it.
func (h *Handler) grantee(r *http.Request, id int64) (string, error) {
	group, err := h.Tenant.GroupByID(r.Context(), id)
	if err == nil {
		err = h.Access.Check(r.Context(), here(r).Who, auth.ReadGroup, auth.Group(id))
	}
	if apperr.CodeOf(err) == apperr.NotFound {
		return "group " + decimal(id), nil
	}
	return group.Path, err
}

func (h *Handler) grant(w http.ResponseWriter, r *http.Request) error {
	view := grantsView{place: here(r), To: typed(r, "group")}
	err := h.grantTo(r, view.To)
	if refused, ok := refusal(err); ok {
		view.Wrong = refused
		return h.showGrants(w, r, view)
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/clusters/"+decimal(view.Cluster.ID)+"/grants", http.StatusSeeOther)
	return nil
}

// grantTo grants the cluster to the group of a path, in which the reader must be allowed to receive one.
func (h *Handler) grantTo(r *http.Request, path string) error {
	at := here(r)
	group, err := h.Tenant.Group(r.Context(), path)
	if err == nil {
		err = h.Access.Check(r.Context(), at.Who, auth.AddCluster, auth.Group(group.ID))
	}
	switch code := apperr.CodeOf(err); {
	case code == apperr.NotFound:
		return invalid("group", "No group that you may see has this path.")
	case code == apperr.Forbidden:
		return invalid("group", "Only a maintainer of that group can receive a cluster for it.")
	case err != nil:
		return err
	}
	_, err = h.Clusters.Grant(r.Context(), at.Cluster.ID, group.ID)
	return err
}

// revokeView is the page on which a grant is ended.
type revokeView struct {
	place

	GroupID int64
	To      string
	Remains cluster.Remains
	Wrong   wrong
}

func (h *Handler) revocation(w http.ResponseWriter, r *http.Request) error {
	id, err := h.grantedTo(r)
	if err != nil {
		return err
	}
	return h.showRevocation(w, r, id, cluster.Refuse, wrong{})
}

// grantedTo is the group of an address, which must be one that the cluster of the address is granted to.
func (h *Handler) grantedTo(r *http.Request) (int64, error) {
	id, err := strconv.ParseInt(r.PathValue("group"), 10, 64)
	if err != nil {
		return 0, apperr.Of(apperr.NotFound)
	}
	all, err := h.Clusters.Grants(r.Context(), here(r).Cluster.ID)
	if err == nil && !slices.ContainsFunc(all, func(g cluster.Grant) bool { return g.GroupID == id }) {
		err = apperr.Of(apperr.NotFound)
	}
	return id, err
}

func (h *Handler) showRevocation(w http.ResponseWriter, r *http.Request, groupID int64, remains cluster.Remains, bad wrong) error {
	path, err := h.grantee(r, groupID)
	if err != nil {
		return err
	}
	view := revokeView{place: here(r), GroupID: groupID, To: path, Remains: remains, Wrong: bad}
	return h.render(w, r, bad.Status(), "revoke", "End a grant of "+view.Cluster.Name, view)
}

func (h *Handler) revoke(w http.ResponseWriter, r *http.Request) error {
	id, err := h.grantedTo(r)
	if err != nil {
		return err
	}
	remains := cluster.Remains(typed(r, "remains"))
	err = h.Clusters.Revoke(r.Context(), here(r).Cluster.ID, id, remains)
	if refused, ok := refusal(err); ok {
		return h.showRevocation(w, r, id, remains, refused)
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/clusters/"+decimal(here(r).Cluster.ID)+"/grants", http.StatusSeeOther)
	return nil
}
