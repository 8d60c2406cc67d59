package web

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/application"
)

// allLines is more than an operation's log is kept to.
const allLines = 100_000

type applicationView struct {
	Name         string
	Title        string
	Description  string
	Version      string
	Namespace    string
	PodSecurity  string
	Rights       application.RightsLevel
	Verified     bool
	Origin       string
	Status       status
	Code         apperr.Code
	Operation    *operationLink
	CanInstall   bool
	InstallWord  string
	NeedsAdmin   bool
	CanUninstall bool
}

// originWord tells where an entry comes from.
func originWord(o application.Origin) string {
	switch o {
	case application.File:
		return "from the catalog folder"
	case application.Stored:
		return "stored by an administrator"
	case application.BuiltIn:
		return "built in"
	}
	return "" // the catalog has it no more
}

type operationLink struct {
	ID        int64
	Action    string
	CreatedAt time.Time
	Running   bool
	Steps     []stepView
}

type stepView struct {
	Name  string
	State application.StepState
	Took  string
}

func (h *Handler) applications(ctx context.Context, clusterID int64) ([]applicationView, error) {
	all, err := h.Applications.Applications(ctx, clusterID)
	if err != nil {
		return nil, err
	}
	views := make([]applicationView, len(all))
	for i, v := range all {
		if views[i], err = h.application(ctx, v); err != nil {
			return nil, err
		}
	}
	return views, nil
}

func (h *Handler) application(ctx context.Context, v application.View) (applicationView, error) {
	state := v.Application.State
	view := applicationView{
		Name: v.Entry.Name, Title: v.Entry.Title, Description: v.Entry.Description, Version: v.Entry.Chart.Version,
		Namespace: v.Entry.Namespace, PodSecurity: v.Entry.PodSecurity, Rights: v.Entry.Rights.Level,
		Verified: v.Entry.Verified, Origin: originWord(v.Entry.Origin), Status: applicationStatus(state), Code: v.Application.Code,
		CanInstall: !state.Busy(), InstallWord: "Install", NeedsAdmin: v.Entry.Rights.Level == application.RightsClusterAdmin,
		CanUninstall: !state.Busy() && state != application.Installable,
	}
	if v.Application.Version != "" {
		view.Status.Text += " " + v.Application.Version
		view.InstallWord = "Upgrade"
	}
	if v.Operation == nil {
		return view, nil
	}
	link := operationLink{
		ID: v.Operation.ID, Action: capital(string(v.Operation.Action)),
		CreatedAt: v.Operation.CreatedAt, Running: !v.Operation.Final(),
	}
	if link.Running {
		lines, err := h.Applications.Log(ctx, v.Operation.ID, 0, allLines)
		if err != nil {
			return applicationView{}, err
		}
		link.Steps = steps(*v.Operation, lines)
	}
	view.Operation = &link
	return view, nil
}

func steps(o application.Operation, lines []application.LogLine) []stepView {
	all := application.Steps(o, lines)
	views := make([]stepView, len(all))
	for i, s := range all {
		views[i] = stepView{Name: s.Name, State: s.State}
		if !s.EndedAt.IsZero() && !s.StartedAt.IsZero() {
			views[i].Took = s.EndedAt.Sub(s.StartedAt).Round(10 * time.Millisecond).String()
		}
	}
	return views
}

func (h *Handler) install(w http.ResponseWriter, r *http.Request) error {
	c, err := h.Clusters.Cluster(r.Context(), r.PathValue("cluster"))
	if err != nil {
		return err
	}
	request := application.InstallRequest{
		ClusterID: c.ID, Name: r.PathValue("name"),
		Version: strings.TrimSpace(r.PostFormValue("version")), Admin: r.PostFormValue("admin") == "true",
	}
	if values := r.PostFormValue("values"); strings.TrimSpace(values) != "" {
		request.Values = []byte(values)
	}
	o, err := h.Applications.Install(r.Context(), request)
	if err != nil {
		return err
	}
	toOperation(w, r, o)
	return nil
}

func (h *Handler) uninstall(w http.ResponseWriter, r *http.Request) error {
	c, err := h.Clusters.Cluster(r.Context(), r.PathValue("cluster"))
	if err != nil {
		return err
	}
	o, err := h.Applications.Uninstall(r.Context(), application.UninstallRequest{
		ClusterID: c.ID, Name: r.PathValue("name"), Admin: r.PostFormValue("admin") == "true",
	})
	if err != nil {
		return err
	}
	toOperation(w, r, o)
	return nil
}

func toOperation(w http.ResponseWriter, r *http.Request, o application.Operation) {
	http.Redirect(w, r, "/operations/"+strconv.FormatInt(o.ID, 10), http.StatusSeeOther)
}

func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
