package clienttest

import (
	"errors"
	"strings"
	"testing"

	old "github.com/xanzy/go-gitlab"
	"gitlab.com/gitlab-org/api/client-go"
)

// oldClient is the client that many programs were built with before there was an official one.
func oldClient(t *testing.T, token string) *old.Client {
	t.Helper()
	client, err := old.NewClient(token, old.WithBaseURL(address), old.WithoutRetries())
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func TestOldClientManagesClusters(t *testing.T) {
	t.Parallel()
	at := newPlace(t, administrator(t))
	client := oldClient(t, adminToken)
	options := &old.AddClusterOptions{
		Name: new("old"), EnvironmentScope: new("old/" + at.top.Path), Managed: new(false), Enabled: new(true),
		PlatformKubernetes: &old.AddPlatformKubernetesOptions{APIURL: new("https://old.example.com"), Token: new("t")},
	}
	t.Run("project", func(t *testing.T) {
		t.Parallel()
		s := client.ProjectCluster
		added, _, err := s.AddCluster(at.project.PathWithNamespace, options)
		if err != nil || added.ClusterType != "project_type" || added.Project.Path != "shop.2" || added.CreatedAt == nil {
			t.Fatalf("add: %+v, %v", added, err)
		}
		edited, _, err := s.EditCluster(int(at.project.ID), added.ID, &old.EditClusterOptions{Name: new("older")})
		if err != nil || edited.Name != "older" || edited.PlatformKubernetes.APIURL != "https://old.example.com" {
			t.Errorf("edit: %+v, %v", edited, err)
		}
		listed, response, err := s.ListClusters(at.project.PathWithNamespace)
		if err != nil || len(listed) != 1 || response.TotalItems != 1 {
			t.Errorf("list: %+v, %v", listed, err)
		}
		if _, err := s.DeleteCluster(int(at.project.ID), added.ID); err != nil {
			t.Errorf("delete: %v", err)
		}
		if _, _, err := s.GetCluster(int(at.project.ID), added.ID); !errors.Is(err, old.ErrNotFound) {
			t.Errorf("get after delete: %v", err)
		}
	})
	t.Run("group", func(t *testing.T) {
		t.Parallel()
		s := client.GroupCluster
		added, _, err := s.AddCluster(at.group.FullPath, &old.AddGroupClusterOptions{
			Name: options.Name, PlatformKubernetes: &old.AddGroupPlatformKubernetesOptions{
				APIURL: new("https://old.example.com"), Token: new("t"),
			},
		})
		if err != nil || added.ClusterType != "group_type" || added.Group.ID != int(at.group.ID) || !added.Managed || !added.Enabled {
			t.Fatalf("add: %+v, %v", added, err)
		}
		if _, err := s.DeleteCluster(at.group.FullPath, added.ID); err != nil {
			t.Errorf("delete: %v", err)
		}
	})
	t.Run("instance", func(t *testing.T) {
		t.Parallel()
		s := client.InstanceCluster
		added, _, err := s.AddCluster(options)
		if err != nil || added.ClusterType != "instance_type" || added.Managed {
			t.Fatalf("add: %+v, %v", added, err)
		}
		if got, _, err := s.GetCluster(added.ID); err != nil || got.Name != "old" {
			t.Errorf("get: %+v, %v", got, err)
		}
		if _, err := s.DeleteCluster(added.ID); err != nil {
			t.Errorf("delete: %v", err)
		}
	})
}

func TestOldClientReadsRefusals(t *testing.T) {
	t.Parallel()
	at := newPlace(t, administrator(t))
	_, _, err := oldClient(t, adminToken).ProjectCluster.AddCluster(int(at.project.ID), &old.AddClusterOptions{Name: new("x")})
	if err == nil || !strings.Contains(err.Error(), "400 {error: platform_kubernetes_attributes is missing") {
		t.Errorf("error = %v", err)
	}
	_, _, err = oldClient(t, "no-token").Users.CurrentUser()
	if err == nil || !strings.Contains(err.Error(), "401 {message: 401 Unauthorized}") {
		t.Errorf("error = %v", err)
	}
}

func TestOldClientReadsWhatIsAround(t *testing.T) {
	t.Parallel()
	at := newPlace(t, administrator(t))
	client := oldClient(t, adminToken)
	if user, _, err := client.Users.CurrentUser(); err != nil || user.Username != "administrator" {
		t.Errorf("current user: %+v, %v", user, err)
	}
	if version, _, err := client.Version.GetVersion(); err != nil || version.Version == "" {
		t.Errorf("version: %+v, %v", version, err)
	}
	if group, _, err := client.Groups.GetGroup(at.group.FullPath, nil); err != nil || group.ID != int(at.group.ID) {
		t.Errorf("group: %+v, %v", group, err)
	}
	if project, _, err := client.Projects.GetProject(at.project.PathWithNamespace, nil); err != nil || project.ID != int(at.project.ID) {
		t.Errorf("project: %+v, %v", project, err)
	}
	made, _, err := client.Environments.CreateEnvironment(at.project.PathWithNamespace, &old.CreateEnvironmentOptions{Name: new("production")})
	if err != nil || made.Slug != "production" {
		t.Errorf("environment: %+v, %v", made, err)
	}
	if _, _, err := client.Projects.GetProject("acme/nowhere", nil); !errors.Is(err, old.ErrNotFound) || errors.Is(err, gitlab.ErrNotFound) {
		t.Errorf("a project that is not there: %v", err)
	}
}
