package web

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/cluster"
)

// Manifests prints what is made in a cluster.
type Manifests interface {
	// Identity renders what is made for our own identity in a cluster, as YAML.
	Identity(spec cluster.IdentitySpec) ([]byte, error)
}

// identityPart is what a cluster's page says of how we sign in there.
type identityPart struct {
	cluster.Identity

	Status status
	// Reason says in words why the last step did not succeed.
	Reason *apperr.Error
}

func identityOf(i cluster.Identity) identityPart {
	part := identityPart{Identity: i, Status: identityStatus(i)}
	if i.Code == "" {
		return part
	}
	part.Reason = apperr.Of(i.Code)
	if i.Code == apperr.RightsMissing {
		message, hint := cluster.IdentityRightsMissing()
		part.Reason = apperr.New(i.Code, message, hint)
	}
	return part
}

func identityStatus(i cluster.Identity) status {
	switch i.State {
	case cluster.IdentityOwn:
		return status{"good", "own identity"}
	case cluster.IdentityRotating:
		return status{"busy", "own identity, new token on the way"}
	case cluster.IdentityPreparing, cluster.IdentityProving:
		return status{"busy", "pasted, own identity being made"}
	case cluster.IdentityRefused:
		return status{"bad", "pasted, own identity refused"}
	case cluster.IdentityLeaving:
		return status{"busy", "own identity, being taken away"}
	case cluster.IdentityPasted:
		return status{"idle", "pasted"}
	}
	return status{"idle", string(i.State)}
}

// identityView is the page on which people see what is made before they ask for it.
type identityView struct {
	Cluster  cluster.Cluster
	Spec     cluster.IdentitySpec
	Features []featureChoice
	Manifest string
}

type featureChoice struct {
	Name   cluster.Feature
	Chosen bool
}

func (h *Handler) identity(w http.ResponseWriter, r *http.Request) error {
	c, err := h.Clusters.Cluster(r.Context(), r.PathValue("cluster"))
	if err != nil {
		return err
	}
	spec := h.Clusters.IdentitySpec(c.ID, chosen(r.URL.Query()["features"]))
	text, err := h.Manifests.Identity(spec)
	if err != nil {
		return err
	}
	view := identityView{Cluster: c, Spec: spec, Manifest: string(text)}
	for _, f := range cluster.Features() {
		view.Features = append(view.Features, featureChoice{f, slices.Contains(spec.Features, f)})
	}
	return h.render(w, r, http.StatusOK, "identity", "Own identity in "+c.Name, view)
}

func (h *Handler) changeIdentity(w http.ResponseWriter, r *http.Request) error {
	c, err := h.Clusters.Cluster(r.Context(), r.PathValue("cluster"))
	if err != nil {
		return err
	}
	if err := r.ParseForm(); err != nil {
		return apperr.Of(apperr.InvalidRequest).With(err)
	}
	if r.PostForm.Get("action") == "rotate" {
		_, err = h.Clusters.Rotate(r.Context(), c.ID)
	} else {
		_, err = h.Clusters.Adopt(r.Context(), c.ID, chosen(r.PostForm["features"]))
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/clusters/"+strconv.FormatInt(c.ID, 10), http.StatusSeeOther)
	return nil
}

// chosen are the known ones among the names of features.
func chosen(names []string) []cluster.Feature {
	return slices.DeleteFunc(cluster.Features(), func(f cluster.Feature) bool { return !slices.Contains(names, string(f)) })
}
