package cli

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
)

// roadsteadName and gitlabName are the two sides of an import.
const (
	roadsteadName = "Roadstead"
	gitlabName    = "GitLab"
)

// maintains is the access level of those who see clusters.
const maintains = "40"

// sourceGroup is what an import reads of a group.
type sourceGroup struct {
	ID          int64  `json:"id"`
	Name        string `json:"name"`
	FullPath    string `json:"full_path"`
	Description string `json:"description"`
}

// sourceProject is what an import reads of a project.
type sourceProject struct {
	ID          int64  `json:"id"`
	Name        string `json:"name"`
	Path        string `json:"path_with_namespace"`
	Description string `json:"description"`
}

// sourceMember is what an import reads of a member. Its id is the user's.
type sourceMember struct {
	ID          int64  `json:"id"`
	Username    string `json:"username"`
	Email       string `json:"email"`
	State       string `json:"state"`
	AccessLevel int    `json:"access_level"`
	ExpiresAt   string `json:"expires_at"`
}

// sourceCluster is what an import reads of a cluster: all but its token, which nobody can read.
type sourceCluster struct {
	ID                      int64  `json:"id"`
	Name                    string `json:"name"`
	Domain                  string `json:"domain"`
	Enabled                 *bool  `json:"enabled"`
	Managed                 *bool  `json:"managed"`
	EnvironmentScope        string `json:"environment_scope"`
	NamespacePerEnvironment *bool  `json:"namespace_per_environment"`
	Platform                struct {
		APIURL            string `json:"api_url"`
		CACert            string `json:"ca_cert"`
		Namespace         string `json:"namespace"`
		AuthorizationType string `json:"authorization_type"`
	} `json:"platform_kubernetes"`
	ManagementProject *struct {
		Path string `json:"path_with_namespace"`
	} `json:"management_project"`
}

// source reads what an import takes over.
type source struct {
	*importClient

	// group narrows it to one group and what is below; empty: all of what the token's user maintains.
	group string
	// all takes every group that can be seen, which is for administrators there.
	all bool
}

// groups lists the groups in no order.
func (s *source) groups(ctx context.Context) ([]sourceGroup, error) {
	query := url.Values{"order_by": {"id"}, "sort": {"asc"}}
	if s.group == "" {
		if !s.all {
			query.Set("min_access_level", maintains)
		}
		return listOf[sourceGroup](ctx, s.importClient, "/groups", query)
	}
	var top sourceGroup
	if err := s.read(ctx, "/groups/"+url.PathEscape(s.group), &top); err != nil {
		return nil, err
	}
	below, err := listOf[sourceGroup](ctx, s.importClient, "/groups/"+strconv.FormatInt(top.ID, 10)+"/descendant_groups", query)
	return append([]sourceGroup{top}, below...), err
}

// projects lists those that are right in a group, without those that are only shared with it.
func (s *source) projects(ctx context.Context, g sourceGroup) ([]sourceProject, error) {
	query := url.Values{"order_by": {"id"}, "sort": {"asc"}, "with_shared": {"false"}}
	return listOf[sourceProject](ctx, s.importClient, "/groups/"+strconv.FormatInt(g.ID, 10)+"/projects", query)
}

// members and clusters list those of a place like /groups/7. What may not be read is told by seen.
func (s *source) members(ctx context.Context, place string) (members []sourceMember, seen bool, err error) {
	members, err = listOf[sourceMember](ctx, s.importClient, place+"/members", nil)
	return unlessHidden(members, err)
}

func (s *source) clusters(ctx context.Context, place string) (clusters []sourceCluster, seen bool, err error) {
	clusters, err = listOf[sourceCluster](ctx, s.importClient, place+"/clusters", nil)
	return unlessHidden(clusters, err)
}

// unlessHidden takes a list that may not be read, or that is switched off there, for one that is not seen.
func unlessHidden[T any](rows []T, err error) ([]T, bool, error) {
	if isStatus(err, http.StatusForbidden, http.StatusNotFound) {
		return nil, false, nil
	}
	return rows, err == nil, err
}
