package web

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/secret"
)

// clusterForm is what is asked of a cluster, as it was filled in. Secrets are never shown again.
type clusterForm struct {
	Name, Scope, Domain, URL, CA, Namespace string
	// Manager is the path of the management project; empty for none.
	Manager        string
	Authorization  cluster.Authorization
	Managed        bool
	PerEnvironment bool

	Wrong wrong
}

// newClusterView is the page on which a cluster is added.
type newClusterView struct {
	place
	clusterForm
}

// Action is where the form goes.
func (v newClusterView) Action() string { return v.Path() + "/clusters/new" }

// Basics are the lines that every cluster needs.
func (f clusterForm) Basics() []field {
	return []field{
		newField("name", "Name", f.Name, f.Wrong, cluster.AttributeName).Needed().Like("staging"),
		newField("scope", "Environments", f.Scope, f.Wrong, cluster.AttributeScope).Like("*").
			Hinted("Which environments it serves: * all, review/* those that begin so, production that one."),
	}
}

// Target are the lines that say where the cluster is, and how to get in.
func (f clusterForm) Target(token field) []field {
	return []field{
		newField("api_url", "API URL", f.URL, f.Wrong, cluster.AttributeAPIURL).Like("https://203.0.113.10:6443"),
		newField("ca", "CA certificates", f.CA, f.Wrong, cluster.AttributeCA).As("lines").Hinted("PEM. Empty: the system's roots."),
		token,
	}
}

// NewToken is the line for a credential that must be given, AgainToken for one that need not.
func (f clusterForm) NewToken() field {
	return newField("token", "Token of a service account", "", f.Wrong, cluster.AttributeToken).As("password").
		Hinted("Sealed at once. Only workers can open it, and it is never shown.")
}

// AgainToken is the line for a credential in place of the stored one.
func (f clusterForm) AgainToken() field {
	return newField("token", "New token", "", f.Wrong, cluster.AttributeToken).As("password").
		Hinted("Needed when the URL or the CA changes. Empty: the stored one stays.")
}

// Further are the lines that few clusters need.
func (f clusterForm) Further(fresh bool) []field {
	lines := []field{
		newField("domain", "Base domain", f.Domain, f.Wrong, cluster.AttributeDomain).Like("apps.example.com").
			Hinted("What the host names of ingresses in it end with."),
		newField("namespace", "Namespace", f.Namespace, f.Wrong, cluster.AttributeNamespace).
			Hinted("In place of the project's name and id in the names of namespaces."),
		newField("manager", "Management project", f.Manager, f.Wrong, cluster.AttributeManagementProject).Like("acme/platform").
			Hinted("The project that this cluster serves before all others."),
	}
	if fresh {
		lines = append(lines, newField("authorization", "Authorization", "", f.Wrong, cluster.AttributeAuthorization).
			Of([]choice{{"rbac", "RBAC", f.Authorization != cluster.ABAC}, {"abac", "ABAC", f.Authorization == cluster.ABAC}}))
	}
	return lines
}

// FurtherWrong reports whether one of those lines was not accepted, so that it must be seen.
func (f clusterForm) FurtherWrong() bool {
	return slices.ContainsFunc(f.Further(true), func(line field) bool { return line.Wrong != "" })
}

func readClusterForm(r *http.Request) clusterForm {
	return clusterForm{
		Name: typed(r, "name"), Scope: typed(r, "scope"), Domain: typed(r, "domain"), URL: typed(r, "api_url"),
		CA: strings.ReplaceAll(r.PostFormValue("ca"), "\r\n", "\n"), Namespace: typed(r, "namespace"), Manager: typed(r, "manager"),
		Authorization: cluster.Authorization(typed(r, "authorization")),
		Managed:       typed(r, "managed") == "true", PerEnvironment: typed(r, "per_environment") == "true",
	}
}

// manager finds the management project that was typed.
func (h *Handler) manager(r *http.Request, f clusterForm) (int64, error) {
	if f.Manager == "" {
		return 0, nil
	}
	project, err := h.Tenant.Project(r.Context(), f.Manager)
	if apperr.CodeOf(err) == apperr.NotFound {
		return cluster.UnknownProject, nil
	}
	return project.ID, err
}

func (h *Handler) addCluster(w http.ResponseWriter, r *http.Request) error {
	return h.showNewCluster(w, r, clusterForm{Scope: "*", Managed: true, PerEnvironment: true})
}

func (h *Handler) showNewCluster(w http.ResponseWriter, r *http.Request, form clusterForm) error {
	return h.render(w, r, form.Wrong.Status(), "add", "Add a cluster", newClusterView{here(r), form})
}

// attachDraft makes a draft of the cluster: its page shows the report card, and saves it or drops it.
func (h *Handler) attachDraft(w http.ResponseWriter, r *http.Request) error {
	form := readClusterForm(r)
	drafted, err := h.draftOf(r, form)
	if refused, ok := refusal(err); ok {
		form.Wrong = refused
		return h.showNewCluster(w, r, form)
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/clusters/"+decimal(drafted.ID), http.StatusSeeOther)
	return nil
}

func (h *Handler) draftOf(r *http.Request, f clusterForm) (cluster.Cluster, error) {
	at := here(r)
	platform, token := cluster.Platform{APIURL: f.URL, CAPEM: f.CA}, secret.NewValue([]byte(typed(r, "token")))
	if pasted := typed(r, "kubeconfig"); pasted != "" {
		var err error
		if platform, token, err = cluster.ParseKubeconfig([]byte(pasted), ""); err != nil {
			return cluster.Cluster{}, err
		}
	}
	manager, err := h.manager(r, f)
	if err != nil {
		return cluster.Cluster{}, err
	}
	return h.Clusters.Attach(r.Context(), cluster.AttachRequest{
		Name: f.Name, Level: at.level(), GroupID: at.Subject.GroupID, ProjectID: at.Subject.ProjectID,
		EnvironmentScope: f.Scope, Domain: f.Domain, Managed: &f.Managed, NamespacePerEnvironment: &f.PerEnvironment,
		ManagementProjectID: manager, AuthorizationType: f.Authorization,
		APIURL: platform.APIURL, CAPEM: platform.CAPEM, Namespace: f.Namespace, Token: token, Draft: true,
	})
}

// level is that of the clusters which belong to the place itself.
func (p place) level() cluster.Level {
	switch {
	case p.Subject.ProjectID != 0:
		return cluster.Project
	case p.Subject.GroupID != 0:
		return cluster.Group
	}
	return cluster.Instance
}

func (h *Handler) saveDraft(w http.ResponseWriter, r *http.Request) error {
	c, err := h.Clusters.Save(r.Context(), here(r).Cluster.ID)
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/clusters/"+decimal(c.ID), http.StatusSeeOther)
	return nil
}

func (h *Handler) discardDraft(w http.ResponseWriter, r *http.Request) error {
	at := here(r)
	if at.Cluster.State != cluster.Draft {
		return apperr.Of(apperr.Conflict).WithMessage("This cluster was saved already.").WithHint("Detach it on its page.")
	}
	if err := h.Clusters.Remove(r.Context(), at.Cluster.ID, cluster.RemoveOptions{Mode: cluster.LeaveAll}); err != nil {
		return err
	}
	http.Redirect(w, r, at.Path()+"/clusters", http.StatusSeeOther) //nolint:gosec // a path of ours, by ids
	return nil
}

// clusterSettings is the page on which a cluster is changed.
type clusterSettings struct {
	place
	clusterForm

	// Made says that Roadstead made the cluster, and keeps its platform.
	Made bool
}

func (h *Handler) clusterSettings(w http.ResponseWriter, r *http.Request) error {
	c := here(r).Cluster
	form := clusterForm{
		Name: c.Name, Scope: c.EnvironmentScope, Domain: c.Domain, URL: c.Platform.APIURL, CA: c.Platform.CAPEM,
		Namespace: c.Platform.Namespace, Managed: c.Managed, PerEnvironment: c.NamespacePerEnvironment,
	}
	if c.ManagementProjectID != 0 {
		manager, err := h.Tenant.Project(r.Context(), strconv.FormatInt(c.ManagementProjectID, 10))
		if err != nil && apperr.CodeOf(err) != apperr.NotFound {
			return err
		}
		form.Manager = manager.Path
	}
	return h.showClusterSettings(w, r, form)
}

func (h *Handler) showClusterSettings(w http.ResponseWriter, r *http.Request, form clusterForm) error {
	at := here(r)
	view := clusterSettings{at, form, at.Cluster.Provider == cluster.ByAWS}
	return h.render(w, r, form.Wrong.Status(), "cluster-settings", "Settings of "+at.Cluster.Name, view)
}

// editCluster takes the form of the settings. It shows all but the token, so what it sends as it was is no change.
func (h *Handler) editCluster(w http.ResponseWriter, r *http.Request) error {
	form := readClusterForm(r)
	manager, err := h.manager(r, form)
	if err == nil {
		_, err = h.Clusters.Edit(r.Context(), here(r).Cluster.ID, form.edit(r, manager))
	}
	if refused, ok := refusal(err); ok {
		form.Wrong = refused
		return h.showClusterSettings(w, r, form)
	}
	if err != nil {
		return err
	}
	return toCluster(w, r)
}

func (f clusterForm) edit(r *http.Request, manager int64) cluster.EditRequest {
	request := cluster.EditRequest{
		Name: &f.Name, EnvironmentScope: &f.Scope, Domain: &f.Domain, Managed: &f.Managed, NamespacePerEnvironment: &f.PerEnvironment,
		ManagementProjectID: &manager, Namespace: &f.Namespace, Token: secret.NewValue([]byte(typed(r, "token"))),
	}
	if r.PostForm.Has("api_url") { // not asked for where Roadstead keeps the platform
		request.APIURL, request.CAPEM = &f.URL, &f.CA
	}
	return request
}

func (h *Handler) enableCluster(w http.ResponseWriter, r *http.Request) error {
	enabled := typed(r, "enabled") == "true"
	if _, err := h.Clusters.Edit(r.Context(), here(r).Cluster.ID, cluster.EditRequest{Enabled: &enabled}); err != nil {
		return err
	}
	return toCluster(w, r)
}

func toCluster(w http.ResponseWriter, r *http.Request) error {
	http.Redirect(w, r, "/clusters/"+decimal(here(r).Cluster.ID), http.StatusSeeOther)
	return nil
}
