package web

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/secret"
)

// editCluster takes the form on a cluster's page. The form shows all but the token, so what it sends as it was is no
// change.
func (h *Handler) editCluster(w http.ResponseWriter, r *http.Request) error {
	c, err := h.Clusters.Cluster(r.Context(), r.PathValue("cluster"))
	if err != nil {
		return err
	}
	if err := r.ParseForm(); err != nil {
		return apperr.Of(apperr.InvalidRequest).With(err)
	}
	form := r.PostForm
	enabled := form.Get("enabled") == "true"
	name, scope, address, ca := form.Get("name"), form.Get("environment_scope"), form.Get("api_url"), form.Get("ca")
	ca = strings.ReplaceAll(ca, "\r\n", "\n") // as browsers send the lines of a text
	request := cluster.EditRequest{
		Name: &name, EnvironmentScope: &scope, Enabled: &enabled,
		Token: secret.NewValue([]byte(strings.TrimSpace(form.Get("token")))),
	}
	if form.Has("api_url") { // not asked for where Roadstead keeps the platform
		request.APIURL, request.CAPEM = &address, &ca
	}
	if _, err = h.Clusters.Edit(r.Context(), c.ID, request); err != nil {
		return err
	}
	http.Redirect(w, r, "/clusters/"+strconv.FormatInt(c.ID, 10), http.StatusSeeOther)
	return nil
}
