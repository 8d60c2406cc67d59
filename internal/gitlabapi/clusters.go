package gitlabapi

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/cluster"
)

// Clusters is what this API needs of registered clusters.
type Clusters interface {
	// ClustersOf lists those of exactly that level, in order of id. CountOf counts them, up to where nobody counts further.
	ClustersOf(ctx context.Context, level cluster.Level, groupID, projectID int64, p cluster.Page) ([]cluster.Cluster, error)
	CountOf(ctx context.Context, level cluster.Level, groupID, projectID int64) (n int, more bool, err error)
	Cluster(ctx context.Context, idOrName string) (cluster.Cluster, error)
	Attach(ctx context.Context, r cluster.AttachRequest) (cluster.Cluster, error)
	Edit(ctx context.Context, id int64, r cluster.EditRequest) (cluster.Cluster, error)
	Remove(ctx context.Context, id int64, o cluster.RemoveOptions) error
}

func clusterRoutes() []Route {
	var routes []Route
	for _, at := range []struct {
		level Level
		path  string
		add   string
	}{
		{Project, "/projects/:id/clusters", "/user"},
		{Group, "/groups/:id/clusters", "/user"},
		{Instance, "/admin/clusters", "/add"},
	} {
		one := at.path + "/:cluster_id"
		named := []param{{name: "cluster_id", kind: integer, required: true}}
		add := func(method, pattern string, ability auth.Ability, params []param, handle func(*Handler, *call) (answer, error)) {
			routes = append(routes, Route{
				Method: method, Pattern: pattern, Ability: ability, Level: at.level, params: params, handle: handle,
			})
		}
		add(http.MethodGet, at.path, auth.ReadCluster, paged(), (*Handler).listClusters)
		add(http.MethodGet, one, auth.ReadCluster, named, (*Handler).showCluster)
		add(http.MethodPost, at.path+at.add, auth.AddCluster, addParams(), (*Handler).addCluster)
		add(http.MethodPut, one, auth.UpdateCluster, editParams(), (*Handler).editCluster)
		add(http.MethodDelete, one, auth.AdminCluster, named, (*Handler).deleteCluster)
	}
	return routes
}

func (h *Handler) listClusters(c *call) (answer, error) {
	p, level, group, project := c.page(), c.clusterLevel(), c.where.group.ID, c.where.project.ID
	found, err := h.Clusters.ClustersOf(c.ctx(), level, group, project, cluster.Page{Offset: p.offset(), Limit: p.size})
	if err != nil {
		return answer{}, err
	}
	n, more, err := h.Clusters.CountOf(c.ctx(), level, group, project)
	if err != nil {
		return answer{}, err
	}
	return listed(c, found, count{n, more}, h.cluster)
}

func (h *Handler) showCluster(c *call) (answer, error) {
	found, err := h.named(c)
	if err != nil {
		return answer{}, err
	}
	shown, err := h.alone(c, found)
	return answer{http.StatusOK, shown}, err
}

func (h *Handler) addCluster(c *call) (answer, error) {
	added, err := h.Clusters.Attach(c.ctx(), attachRequest(c))
	if err != nil {
		return answer{}, clusterFailure(err)
	}
	shown, err := h.alone(c, added)
	return answer{http.StatusCreated, shown}, err
}

func (h *Handler) editCluster(c *call) (answer, error) {
	found, err := h.named(c)
	if err != nil {
		return answer{}, err
	}
	edited, err := h.Clusters.Edit(c.ctx(), found.ID, editRequest(c))
	if err != nil {
		return answer{}, clusterFailure(err)
	}
	shown, err := h.alone(c, edited)
	return answer{http.StatusOK, shown}, err
}

// deleteCluster ends the registration and leaves the cluster as it is, as the predecessor does.
func (h *Handler) deleteCluster(c *call) (answer, error) {
	found, err := h.named(c)
	if err != nil {
		return answer{}, err
	}
	if err := c.unmodified(found.UpdatedAt); err != nil {
		return answer{}, err
	}
	err = h.Clusters.Remove(c.ctx(), found.ID, cluster.RemoveOptions{Mode: cluster.LeaveAll})
	return answer{status: http.StatusNoContent}, err
}

// named finds the cluster of the path, at exactly the level of the path.
func (h *Handler) named(c *call) (cluster.Cluster, error) {
	found, err := h.Clusters.Cluster(c.ctx(), idText(c.params.integer("cluster_id")))
	if err != nil {
		return cluster.Cluster{}, err
	}
	listed := found.State == cluster.Attached || found.State == cluster.Removing
	if !listed || found.Level != c.clusterLevel() || found.GroupID != c.where.group.ID || found.ProjectID != c.where.project.ID {
		return cluster.Cluster{}, noRecord()
	}
	return found, nil
}

// clusterFailure tells what is wrong with a cluster by its attributes.
func clusterFailure(err error) error {
	problems, ok := errors.AsType[cluster.Problems](err)
	if !ok {
		return err
	}
	found := make(attributes, len(problems))
	for i, problem := range problems {
		found[i] = attribute{problem.Attribute, problem.Messages}
	}
	return invalids(found)
}

// unmodified refuses a change when the record changed after the time that the caller saw it. HTTP tells times in seconds.
func (c *call) unmodified(changed time.Time) error {
	told := c.request.Header.Get("If-Unmodified-Since")
	at, err := http.ParseTime(told)
	if err != nil {
		at, err = time.Parse(time.RFC3339, told)
	}
	if err == nil && changed.Truncate(time.Second).After(at) {
		return said(http.StatusPreconditionFailed, "412 Precondition Failed")
	}
	return nil
}
