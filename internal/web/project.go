package web

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/namespace"
	"github.com/roadstead/roadstead/internal/tenant"
	"github.com/roadstead/roadstead/internal/workload"
)

// projectEnvironments is how many environments the page of a project shows: each of them reads live state.
const projectEnvironments = 20

type projectView struct {
	place

	Environments []environmentView
	Pager        pager
}

// environmentView is an environment, with the namespace that it has in a cluster.
type environmentView struct {
	Key         string
	Environment tenant.Environment
	Topics      string
	Status      status
	ReadyAt     *time.Time
	// Namespace is empty while the environment has none.
	Namespace   string
	ClusterName string
	// ClusterHref leads to the cluster; empty where the reader may not see it.
	ClusterHref string
	Profile     namespace.Profile
	Code        apperr.Code
	Objects     []namespace.Object
	// Pods are shown to who may see live state.
	ShowPods bool
	Live     aged
	Pods     []podView
	NoPods   string
}

type podView struct {
	workload.Pod

	Status status
}

func (h *Handler) project(w http.ResponseWriter, r *http.Request) error {
	view := projectView{place: here(r)}
	if !view.may(auth.ReadEnvironment) {
		return h.render(w, r, http.StatusOK, "project", view.Project.Name, view)
	}
	turned := newPager(r, "page").by(projectEnvironments)
	environments, err := h.Tenant.ListEnvironments(r.Context(), tenant.EnvironmentQuery{
		ProjectID: view.Project.ID, State: tenant.Available, Order: tenant.ByPath, Page: turned.want(),
	})
	if err != nil {
		return err
	}
	environments, view.Pager = turn(turned, environments)
	if view.Environments, err = h.inEnvironments(r.Context(), view.place, environments); err != nil {
		return err
	}
	return h.render(w, r, http.StatusOK, "project", view.Project.Name, view)
}

// inEnvironments adds to environments the namespaces that they have, as far as the reader may see them.
func (h *Handler) inEnvironments(ctx context.Context, at place, environments []tenant.Environment) ([]environmentView, error) {
	var namespaces []namespace.Namespace
	if at.may(auth.ReadNamespace) {
		var err error
		if namespaces, err = h.Namespaces.OfProject(ctx, at.Project.ID); err != nil {
			return nil, err
		}
	}
	var views []environmentView
	homes := map[int64]cluster.Cluster{}
	for _, e := range environments {
		before := len(views)
		for _, n := range namespaces {
			if n.EnvironmentID != e.ID && n.EnvironmentID != 0 {
				continue
			}
			shown, err := h.environment(ctx, at, homes, e, n)
			if err != nil {
				return nil, err
			}
			views = append(views, shown)
		}
		if len(views) == before {
			views = append(views, environmentView{Key: decimal(e.ID), Environment: e, Status: status{"idle", "no namespace yet"}})
		}
	}
	return views, nil
}

func (h *Handler) environment(
	ctx context.Context, at place, homes map[int64]cluster.Cluster, e tenant.Environment, n namespace.Namespace,
) (environmentView, error) {
	home, known := homes[n.ClusterID]
	if !known {
		var err error
		if home, err = h.Clusters.Cluster(ctx, strconv.FormatInt(n.ClusterID, 10)); err != nil && apperr.CodeOf(err) != apperr.NotFound {
			return environmentView{}, err
		}
		homes[n.ClusterID] = home
	}
	view := environmentView{
		Key: fmt.Sprintf("%d-%d", e.ID, n.ID), Environment: e, Status: namespaceStatus(n), Namespace: n.Name, Profile: n.Profile,
		ClusterName: home.Name, Code: n.Code, Objects: n.Objects, Topics: fmt.Sprintf("namespace/%d", n.ID),
	}
	if at.may(auth.ReadCluster) && at.sees(home) {
		view.ClusterHref = "/clusters/" + decimal(home.ID)
	}
	if !n.ReadyAt.IsZero() {
		view.ReadyAt = &n.ReadyAt
	}
	if !at.may(auth.ReadLive) {
		return view, nil
	}
	return h.pods(ctx, view, n)
}

func (h *Handler) pods(ctx context.Context, view environmentView, n namespace.Namespace) (environmentView, error) {
	pods, live, err := h.Mirror.Pods(ctx, n.ClusterID, n.Name, workload.Page{Limit: listSize})
	if err != nil {
		return environmentView{}, err
	}
	view.ShowPods, view.Live, view.NoPods = true, aged{liveStatus(live), live.AsOf}, noPods(live)
	view.Topics += fmt.Sprintf(" mirror/%d/pods/%s", n.ClusterID, n.Name)
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
	_, err := h.Namespaces.Ensure(r.Context(), namespace.EnsureRequest{
		ProjectID: project.ID, Environment: strings.TrimSpace(r.PostFormValue("environment")),
	})
	if err != nil {
		return err
	}
	http.Redirect(w, r, here(r).Path(), http.StatusSeeOther) //nolint:gosec // a path of ours, by ids
	return nil
}
