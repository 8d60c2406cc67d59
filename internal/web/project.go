package web

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/namespace"
	"github.com/roadstead/roadstead/internal/tenant"
	"github.com/roadstead/roadstead/internal/workload"
)

type projectView struct {
	place

	Environments []environmentView
}

type environmentView struct {
	ID          int64
	Name        string
	Topics      string
	Status      status
	ReadyAt     *time.Time
	Namespace   string
	ClusterID   int64
	ClusterName string
	Profile     namespace.Profile
	Code        apperr.Code
	Objects     []namespace.Object
	Live        aged
	Pods        []podView
	NoPods      string
}

type podView struct {
	workload.Pod

	Status status
}

func (h *Handler) project(w http.ResponseWriter, r *http.Request) error {
	at := here(r)
	project := at.Project
	environments, err := h.Tenant.Environments(r.Context(), project.ID)
	if err != nil {
		return err
	}
	namespaces, err := h.Namespaces.OfProject(r.Context(), project.ID)
	if err != nil {
		return err
	}
	view := projectView{place: at}
	for _, e := range environments {
		for _, n := range namespaces {
			if n.EnvironmentID != e.ID && n.EnvironmentID != 0 {
				continue
			}
			shown, err := h.environment(r.Context(), e, n)
			if err != nil {
				return err
			}
			view.Environments = append(view.Environments, shown)
		}
	}
	return h.render(w, r, http.StatusOK, "project", project.Name, view)
}

func (h *Handler) environment(ctx context.Context, e tenant.Environment, n namespace.Namespace) (environmentView, error) {
	home, err := h.Clusters.Cluster(ctx, strconv.FormatInt(n.ClusterID, 10))
	if err != nil {
		return environmentView{}, err
	}
	pods, live, err := h.Mirror.Pods(ctx, n.ClusterID, n.Name, workload.Page{Limit: listSize})
	if err != nil {
		return environmentView{}, err
	}
	view := environmentView{
		ID: n.ID, Name: e.Name, Status: namespaceStatus(n), Namespace: n.Name, Profile: n.Profile,
		ClusterID: home.ID, ClusterName: home.Name, Code: n.Code, Objects: n.Objects,
		Topics: fmt.Sprintf("namespace/%d mirror/%d/pods/%s", n.ID, n.ClusterID, n.Name),
		Live:   aged{liveStatus(live), live.AsOf}, NoPods: noPods(live),
	}
	if !n.ReadyAt.IsZero() {
		view.ReadyAt = &n.ReadyAt
	}
	for _, p := range pods {
		view.Pods = append(view.Pods, podView{p, podStatus(p)})
	}
	return view, nil
}

// noPods says why no pod is shown, which is not always that there is none.
func noPods(live workload.Status) string {
	if live.AsOf.IsZero() {
		return "Not known yet."
	}
	return "No pods run here."
}

func (h *Handler) ensureNamespace(w http.ResponseWriter, r *http.Request) error {
	project := here(r).Project
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	_, err := h.Namespaces.Ensure(r.Context(), namespace.EnsureRequest{
		ProjectID: project.ID, Environment: strings.TrimSpace(r.PostFormValue("environment")),
	})
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/projects/"+strconv.FormatInt(project.ID, 10), http.StatusSeeOther)
	return nil
}
