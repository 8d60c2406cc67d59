package clienttest

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-retryablehttp"
	"gitlab.com/gitlab-org/api/client-go"
)

// clusters are the methods of the three services of one kind, by what they have in common.
type clusters struct {
	list   func(options ...gitlab.RequestOptionFunc) ([]found, *gitlab.Response, error)
	get    func(id int64) (found, *gitlab.Response, error)
	add    func(*gitlab.AddClusterOptions) (found, *gitlab.Response, error)
	edit   func(id int64, options *gitlab.EditClusterOptions) (found, *gitlab.Response, error)
	delete func(id int64, options ...gitlab.RequestOptionFunc) (*gitlab.Response, error)
}

// found is what the clients read of a cluster, at every level.
type found struct {
	ID                                                     int64
	Name, Domain, Provider, Platform, Scope, Type, Creator string
	APIURL, Token, CA, Namespace, Authorization            string
	Manager                                                string
	Place                                                  string
	Dated                                                  bool
}

func ofProject(c *gitlab.ProjectCluster, r *gitlab.Response, err error) (found, *gitlab.Response, error) {
	if err != nil {
		return found{}, r, err
	}
	f := base(c.ID, c.Name, c.Domain, c.ProviderType, c.PlatformType, c.EnvironmentScope, c.ClusterType, c.User, c.PlatformKubernetes,
		c.ManagementProject)
	f.Dated = c.CreatedAt != nil && !c.CreatedAt.IsZero()
	if c.Project != nil {
		f.Place = c.Project.PathWithNamespace
	}
	return f, r, nil
}

func ofGroup(c *gitlab.GroupCluster, r *gitlab.Response, err error) (found, *gitlab.Response, error) {
	if err != nil {
		return found{}, r, err
	}
	f := base(c.ID, c.Name, c.Domain, c.ProviderType, c.PlatformType, c.EnvironmentScope, c.ClusterType, c.User, c.PlatformKubernetes,
		c.ManagementProject)
	f.Dated = c.CreatedAt != nil && !c.CreatedAt.IsZero()
	if c.Group != nil {
		f.Place = c.Group.WebURL[strings.Index(c.Group.WebURL, "/groups/")+len("/groups/"):]
	}
	return f, r, nil
}

func ofInstance(c *gitlab.InstanceCluster, r *gitlab.Response, err error) (found, *gitlab.Response, error) {
	if err != nil {
		return found{}, r, err
	}
	f := base(c.ID, c.Name, c.Domain, c.ProviderType, c.PlatformType, c.EnvironmentScope, c.ClusterType, c.User, c.PlatformKubernetes,
		c.ManagementProject)
	f.Dated = c.CreatedAt != nil && !c.CreatedAt.IsZero()
	return f, r, nil
}

func base(
	id int64, name, domain, provider, platform, scope, kind string, user *gitlab.User, k *gitlab.PlatformKubernetes,
	manager *gitlab.ManagementProject,
) found {
	f := found{
		ID: id, Name: name, Domain: domain, Provider: provider, Platform: platform, Scope: scope, Type: kind,
		APIURL: k.APIURL, Token: k.Token, CA: k.CaCert, Namespace: k.Namespace, Authorization: k.AuthorizationType,
	}
	if user != nil {
		f.Creator = user.Username
	}
	if manager != nil {
		f.Manager = manager.PathWithNamespace
	}
	return f
}

func all[T any](one func(T, *gitlab.Response, error) (found, *gitlab.Response, error)) func([]T, *gitlab.Response, error) (
	[]found, *gitlab.Response, error,
) {
	return func(list []T, r *gitlab.Response, err error) (fs []found, _ *gitlab.Response, _ error) {
		for _, item := range list {
			f, _, _ := one(item, nil, nil)
			fs = append(fs, f)
		}
		return fs, r, err
	}
}

func projectClusters(client *gitlab.Client, project any) clusters {
	s := client.ProjectCluster
	return clusters{
		list: func(o ...gitlab.RequestOptionFunc) ([]found, *gitlab.Response, error) {
			return all(ofProject)(s.ListClusters(project, o...))
		},
		get: func(id int64) (found, *gitlab.Response, error) { return ofProject(s.GetCluster(project, id)) },
		add: func(o *gitlab.AddClusterOptions) (found, *gitlab.Response, error) {
			return ofProject(s.AddCluster(project, o))
		},
		edit: func(id int64, o *gitlab.EditClusterOptions) (found, *gitlab.Response, error) {
			return ofProject(s.EditCluster(project, id, o))
		},
		delete: func(id int64, o ...gitlab.RequestOptionFunc) (*gitlab.Response, error) {
			return s.DeleteCluster(project, id, o...)
		},
	}
}

func groupClusters(client *gitlab.Client, group any) clusters {
	s := client.GroupCluster
	return clusters{
		list: func(o ...gitlab.RequestOptionFunc) ([]found, *gitlab.Response, error) {
			return all(ofGroup)(s.ListClusters(group, o...))
		},
		get: func(id int64) (found, *gitlab.Response, error) { return ofGroup(s.GetCluster(group, id)) },
		add: func(o *gitlab.AddClusterOptions) (found, *gitlab.Response, error) {
			return ofGroup(s.AddCluster(group, &gitlab.AddGroupClusterOptions{
				Name: o.Name, Domain: o.Domain, Enabled: o.Enabled, Managed: o.Managed, EnvironmentScope: o.EnvironmentScope,
				ManagementProjectID: o.ManagementProjectID, PlatformKubernetes: groupPlatform(o.PlatformKubernetes),
			}))
		},
		edit: func(id int64, o *gitlab.EditClusterOptions) (found, *gitlab.Response, error) {
			edit := &gitlab.EditGroupClusterOptions{
				Name: o.Name, Domain: o.Domain, EnvironmentScope: o.EnvironmentScope, ManagementProjectID: o.ManagementProjectID,
			}
			if p := o.PlatformKubernetes; p != nil {
				edit.PlatformKubernetes = &gitlab.EditGroupPlatformKubernetesOptions{APIURL: p.APIURL, Token: p.Token, CaCert: p.CaCert}
			}
			return ofGroup(s.EditCluster(group, id, edit))
		},
		delete: func(id int64, o ...gitlab.RequestOptionFunc) (*gitlab.Response, error) {
			return s.DeleteCluster(group, id, o...)
		},
	}
}

func groupPlatform(p *gitlab.AddPlatformKubernetesOptions) *gitlab.AddGroupPlatformKubernetesOptions {
	if p == nil {
		return nil
	}
	return &gitlab.AddGroupPlatformKubernetesOptions{
		APIURL: p.APIURL, Token: p.Token, CaCert: p.CaCert, Namespace: p.Namespace, AuthorizationType: p.AuthorizationType,
	}
}

func instanceClusters(client *gitlab.Client) clusters {
	s := client.InstanceCluster
	return clusters{
		list: func(o ...gitlab.RequestOptionFunc) ([]found, *gitlab.Response, error) {
			return all(ofInstance)(s.ListClusters(o...))
		},
		get: func(id int64) (found, *gitlab.Response, error) { return ofInstance(s.GetCluster(id)) },
		add: func(o *gitlab.AddClusterOptions) (found, *gitlab.Response, error) { return ofInstance(s.AddCluster(o)) },
		edit: func(id int64, o *gitlab.EditClusterOptions) (found, *gitlab.Response, error) {
			return ofInstance(s.EditCluster(id, o))
		},
		delete: func(id int64, o ...gitlab.RequestOptionFunc) (*gitlab.Response, error) {
			return s.DeleteCluster(id, o...)
		},
	}
}

// levels are the three services, the first two by path, which the client escapes with its dots.
func levels(t *testing.T, client *gitlab.Client, at place) map[string]clusters {
	t.Helper()
	return map[string]clusters{
		"project by path": projectClusters(client, at.project.PathWithNamespace), "project by id": projectClusters(client, at.project.ID),
		"group by path": groupClusters(client, at.group.FullPath), "group by id": groupClusters(client, at.group.ID),
		"instance": instanceClusters(client),
	}
}

func addOptions(name, scope string) *gitlab.AddClusterOptions {
	return &gitlab.AddClusterOptions{
		Name: &name, Domain: new("apps.example.com"), Enabled: new(true), Managed: new(true), EnvironmentScope: &scope,
		PlatformKubernetes: &gitlab.AddPlatformKubernetesOptions{
			APIURL: new("https://kubernetes.example.com:6443"), Token: new("a-token"), AuthorizationType: new("rbac"),
		},
	}
}

// The whole life of a cluster by every method of each of the three services.
func TestLifeOfACluster(t *testing.T) {
	t.Parallel()
	client := administrator(t)
	at := newPlace(t, client)
	for name, s := range levels(t, client, at) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scope := strings.ReplaceAll(name, " ", "-") + "/" + at.top.Path + "/*"
			added, response, err := s.add(addOptions("edge", scope))
			if err != nil || response.StatusCode != http.StatusCreated {
				t.Fatalf("add: %v", err)
			}
			kind, _, _ := strings.Cut(name, " ")
			want := found{
				ID: added.ID, Name: "edge", Domain: "apps.example.com", Provider: "user", Platform: "kubernetes", Scope: scope,
				Type: kind + "_type", Creator: "administrator", APIURL: "https://kubernetes.example.com:6443", Authorization: "rbac",
				Place: map[string]string{"project": at.project.PathWithNamespace, "group": at.group.FullPath}[kind], Dated: true,
			}
			if diff := cmp.Diff(want, added); diff != "" {
				t.Errorf("added: %s", diff)
			}
			got, _, err := s.get(added.ID)
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				t.Errorf("get: %v %s", err, diff)
			}
			listed, _, err := s.list()
			want.Place = "" // a list does not tell it
			if err != nil || !contains(listed, want) {
				t.Errorf("list: %v, %+v", err, listed)
			}
			edited, response, err := s.edit(added.ID, &gitlab.EditClusterOptions{
				Name: new("edge-2"), Domain: new(""), ManagementProjectID: new(fmt.Sprint(at.project.ID)),
				PlatformKubernetes: &gitlab.EditPlatformKubernetesOptions{Token: new("")},
			})
			if err != nil || response.StatusCode != http.StatusOK {
				t.Fatalf("edit: %v", err)
			}
			want.Name, want.Domain, want.Manager, want.Place = "edge-2", "", at.project.PathWithNamespace, got.Place
			if diff := cmp.Diff(want, edited); diff != "" {
				t.Errorf("edited: %s", diff)
			}
			cleared, _, err := s.edit(added.ID, &gitlab.EditClusterOptions{ManagementProjectID: new("")})
			if err != nil || cleared.Manager != "" {
				t.Errorf("clear the management project: %v, %q", err, cleared.Manager)
			}
			if response, err := s.delete(added.ID); err != nil || response.StatusCode != http.StatusNoContent {
				t.Errorf("delete: %v", err)
			}
			if _, _, err := s.get(added.ID); !errors.Is(err, gitlab.ErrNotFound) {
				t.Errorf("get after delete: %v", err)
			}
		})
	}
}

func contains(list []found, want found) bool {
	for _, f := range list {
		if cmp.Equal(f, want) {
			return true
		}
	}
	return false
}

// Pages of a list: the client reads the headers, and follows them to the end.
func TestPagesOfClusters(t *testing.T) {
	t.Parallel()
	client := administrator(t)
	at := newPlace(t, client)
	for name, s := range map[string]clusters{
		"project": projectClusters(client, at.project.PathWithNamespace), "group": groupClusters(client, at.group.FullPath),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for i := range 5 {
				if _, _, err := s.add(addOptions(fmt.Sprintf("edge-%d", i), fmt.Sprintf("stage-%d", i))); err != nil {
					t.Fatal(err)
				}
			}
			var names []string
			for next := int64(1); next != 0; {
				page, response, err := s.list(gitlab.WithOffsetPaginationParameters(next), perPage(2))
				if err != nil {
					t.Fatal(err)
				}
				for _, c := range page {
					names = append(names, c.Name)
				}
				if response.TotalItems != 5 || response.TotalPages != 3 || response.ItemsPerPage != 2 || response.CurrentPage != next {
					t.Errorf("page %d: %+v", next, response)
				}
				if (response.NextPage == 0) != (response.NextLink == "") || response.FirstLink == "" || response.LastLink == "" {
					t.Errorf("links of page %d: %+v", next, response)
				}
				next = response.NextPage
			}
			if diff := cmp.Diff([]string{"edge-0", "edge-1", "edge-2", "edge-3", "edge-4"}, names); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func perPage(n int) gitlab.RequestOptionFunc {
	return func(r *retryablehttp.Request) error {
		query := r.URL.Query()
		query.Set("per_page", strconv.Itoa(n))
		r.URL.RawQuery = query.Encode()
		return nil
	}
}
