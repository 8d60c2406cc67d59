package clienttest

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gitlab.com/gitlab-org/api/client-go"
)

// What the client asks to learn whom it talks to, and as whom.
func TestWhoIsWho(t *testing.T) {
	t.Parallel()
	client := administrator(t)
	user := must(client.Users.CurrentUser())(t)
	if user.ID != 1 || user.Username != "administrator" || user.State != "active" || !user.IsAdmin || user.CreatedAt == nil {
		t.Errorf("current user: %+v", user)
	}
	version := must(client.Version.GetVersion())(t)
	metadata := must(client.Metadata.GetMetadata())(t)
	if version.Version == "" || version.Revision == "" || metadata.Version != version.Version || metadata.KAS.Enabled {
		t.Errorf("version %+v, metadata %+v", version, metadata)
	}
	found := must(client.Users.ListUsers(&gitlab.ListUsersOptions{Username: new("Administrator")}))(t)
	if len(found) != 1 || found[0].ID != 1 {
		t.Errorf("users of that name: %+v", found)
	}
	shown := must(client.Users.GetUser(1, gitlab.GetUsersOptions{}))(t)
	if shown.Username != "administrator" {
		t.Errorf("user 1: %+v", shown)
	}
	oauth, err := gitlab.NewOAuthClient(adminToken, gitlab.WithBaseURL(address))
	if err != nil {
		t.Fatal(err)
	}
	must(oauth.Users.CurrentUser())(t)
}

func TestLifeOfAGroup(t *testing.T) {
	t.Parallel()
	client := administrator(t)
	at := newPlace(t, client)
	for _, name := range []any{at.group.ID, at.group.FullPath} {
		got := must(client.Groups.GetGroup(name, nil))(t)
		want := []any{at.group.ID, "Web Team", "web.team", at.top.Path + "/web.team", "Acme / Web Team", "Who does the web.", at.top.ID, gitlab.PrivateVisibility}
		if diff := cmp.Diff(want, []any{got.ID, got.Name, got.Path, got.FullPath, got.FullName, got.Description, got.ParentID, got.Visibility}); diff != "" {
			t.Error(diff)
		}
		if got.CreatedAt == nil || got.WebURL == "" {
			t.Errorf("group: %+v", got)
		}
	}
	below := must(client.Groups.ListSubGroups(at.top.ID, nil))(t)
	if len(below) != 1 || below[0].ID != at.group.ID {
		t.Errorf("subgroups: %+v", below)
	}
	deeper := must(client.Groups.CreateGroup(&gitlab.CreateGroupOptions{Name: new("Deep"), Path: new("deep"), ParentID: &at.group.ID}))(t)
	if all := must(client.Groups.ListDescendantGroups(at.top.ID, nil))(t); len(all) != 2 {
		t.Errorf("descendants: %+v", all)
	}
	found := must(client.Groups.ListGroups(&gitlab.ListGroupsOptions{Search: new(at.top.Path)}))(t)
	if len(found) == 0 {
		t.Error("a group is not found by its path")
	}
	changed := must(client.Groups.UpdateGroup(deeper.ID, &gitlab.UpdateGroupOptions{Name: new("Deeper"), Path: new("deeper")}))(t)
	if changed.Name != "Deeper" || changed.FullPath != at.group.FullPath+"/deeper" {
		t.Errorf("changed: %+v", changed)
	}
	if _, err := client.Groups.DeleteGroup(deeper.ID, nil); err != nil {
		t.Error(err)
	}
	if _, _, err := client.Groups.GetGroup(deeper.ID, nil); !errors.Is(err, gitlab.ErrNotFound) {
		t.Errorf("get after delete: %v", err)
	}
}

func TestLifeOfAProject(t *testing.T) {
	t.Parallel()
	client := administrator(t)
	at := newPlace(t, client)
	for _, name := range []any{at.project.ID, at.project.PathWithNamespace} {
		got := must(client.Projects.GetProject(name, nil))(t)
		want := []any{at.project.ID, "Shop 2.0", "shop.2", at.group.FullPath + "/shop.2", "Acme / Web Team / Shop 2.0", "Sells.", at.group.ID, "group"}
		if diff := cmp.Diff(want, []any{
			got.ID, got.Name, got.Path, got.PathWithNamespace, got.NameWithNamespace, got.Description, got.Namespace.ID, got.Namespace.Kind,
		}); diff != "" {
			t.Error(diff)
		}
		if got.CreatedAt == nil || got.LastActivityAt == nil || got.Topics == nil || got.WebURL == "" {
			t.Errorf("project: %+v", got)
		}
	}
	named := must(client.Projects.CreateProject(&gitlab.CreateProjectOptions{Name: new("My Other Shop"), NamespaceID: &at.group.ID}))(t)
	if named.Path != "my-other-shop" {
		t.Errorf("path made of the name: %q", named.Path)
	}
	_, _, err := client.Projects.CreateProject(&gitlab.CreateProjectOptions{Name: new("Again"), Path: new("shop.2"), NamespaceID: &at.group.ID})
	refusal, ok := errors.AsType[*gitlab.ErrorResponse](err)
	if !ok || refusal.Response.StatusCode != http.StatusBadRequest || !strings.Contains(refusal.Message, "{path: [has already been taken]}") {
		t.Errorf("a path that is taken: %v", err)
	}
	inGroup := must(client.Groups.ListGroupProjects(at.top.ID, &gitlab.ListGroupProjectsOptions{IncludeSubGroups: new(true)}))(t)
	if len(inGroup) != 2 {
		t.Errorf("projects below the top: %+v", inGroup)
	}
	changed := must(client.Projects.EditProject(named.ID, &gitlab.EditProjectOptions{Description: new("Sells more.")}))(t)
	if changed.Description != "Sells more." || changed.Name != "My Other Shop" {
		t.Errorf("changed: %+v", changed)
	}
	if _, err := client.Projects.DeleteProject(named.ID, nil); err != nil {
		t.Error(err)
	}
	awaitGone(t, func() error { _, _, err := client.Projects.GetProject(named.ID, nil); return err })
}

// awaitGone returns once a record is not found any more: projects are deleted in the background.
func awaitGone(t *testing.T, get func() error) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); <-tick.C {
		if err := get(); errors.Is(err, gitlab.ErrNotFound) {
			return
		}
	}
	t.Error("it is still there")
}

// Lists of projects by offset and by key, as the client follows them.
func TestListsOfProjects(t *testing.T) {
	t.Parallel()
	client := administrator(t)
	at := newPlace(t, client)
	want := map[int64]bool{at.project.ID: true}
	for _, name := range []string{"a", "b", "c", "d"} {
		p := must(client.Projects.CreateProject(&gitlab.CreateProjectOptions{Name: new(name), NamespaceID: &at.group.ID}))(t)
		want[p.ID] = true
	}
	byOffset := map[int64]bool{}
	options := &gitlab.ListGroupProjectsOptions{ListOptions: gitlab.ListOptions{Page: 1, PerPage: 2}}
	for options.Page != 0 {
		page, response, err := client.Groups.ListGroupProjects(at.group.FullPath, options)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range page {
			byOffset[p.ID] = true
		}
		options.Page = response.NextPage
	}
	if diff := cmp.Diff(want, byOffset); diff != "" {
		t.Errorf("by offset: %s", diff)
	}
	byKey := map[int64]bool{}
	all := &gitlab.ListProjectsOptions{
		ListOptions: gitlab.ListOptions{Pagination: "keyset", PerPage: 2}, OrderBy: new("id"), Sort: new("asc"),
		IDAfter: new(at.project.ID - 1),
	}
	var next []gitlab.RequestOptionFunc
	for {
		page, response, err := client.Projects.ListProjects(all, next...)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range page {
			byKey[p.ID] = true
		}
		if response.NextLink == "" {
			break
		}
		next = []gitlab.RequestOptionFunc{gitlab.WithKeysetPaginationParameters(response.NextLink)}
	}
	for id := range want {
		if !byKey[id] {
			t.Errorf("by key: project %d is missing", id)
		}
	}
}

func TestLifeOfAMembership(t *testing.T) {
	t.Parallel()
	client := administrator(t)
	at := newPlace(t, client)
	user := newCaller(t, "api")
	added := must(client.GroupMembers.AddGroupMember(at.top.ID, &gitlab.AddGroupMemberOptions{
		UserID: &user.id, AccessLevel: new(gitlab.DeveloperPermissions), ExpiresAt: new("2099-12-31"),
	}))(t)
	if added.ID != user.id || added.AccessLevel != gitlab.DeveloperPermissions || added.ExpiresAt.String() != "2099-12-31" {
		t.Errorf("added: %+v", added)
	}
	_, _, err := client.GroupMembers.AddGroupMember(at.top.ID, &gitlab.AddGroupMemberOptions{
		UserID: &user.id, AccessLevel: new(gitlab.DeveloperPermissions),
	})
	if refusal, ok := errors.AsType[*gitlab.ErrorResponse](err); !ok || refusal.Response.StatusCode != http.StatusConflict {
		t.Errorf("added twice: %v", err)
	}
	inherited := must(client.ProjectMembers.GetInheritedProjectMember(at.project.ID, user.id))(t)
	if inherited.AccessLevel != gitlab.DeveloperPermissions {
		t.Errorf("inherited: %+v", inherited)
	}
	if _, _, err := client.ProjectMembers.GetProjectMember(at.project.ID, user.id); !errors.Is(err, gitlab.ErrNotFound) {
		t.Errorf("an inherited membership is not the project's own: %v", err)
	}
	must(client.ProjectMembers.AddProjectMember(at.project.ID, &gitlab.AddProjectMemberOptions{
		Username: &user.username, AccessLevel: new(gitlab.MaintainerPermissions),
	}))(t)
	edited := must(client.ProjectMembers.EditProjectMember(at.project.ID, user.id, &gitlab.EditProjectMemberOptions{
		AccessLevel: new(gitlab.OwnerPermissions),
	}))(t)
	if edited.AccessLevel != gitlab.OwnerPermissions {
		t.Errorf("edited: %+v", edited)
	}
	own := must(client.ProjectMembers.ListProjectMembers(at.project.ID, nil))(t)
	every := must(client.Groups.ListAllGroupMembers(at.group.ID, nil))(t)
	if len(own) != 1 || len(every) < 1 {
		t.Errorf("own %+v, all %+v", own, every)
	}
	if _, err := client.ProjectMembers.DeleteProjectMember(at.project.ID, user.id); err != nil {
		t.Error(err)
	}
	if _, err := client.GroupMembers.RemoveGroupMember(at.top.ID, user.id, nil); err != nil {
		t.Error(err)
	}
	if _, _, err := client.GroupMembers.GetGroupMember(at.top.ID, user.id); !errors.Is(err, gitlab.ErrNotFound) {
		t.Errorf("get after removal: %v", err)
	}
}

func TestLifeOfAnEnvironment(t *testing.T) {
	t.Parallel()
	client := administrator(t)
	at := newPlace(t, client)
	made := must(client.Environments.CreateEnvironment(at.project.PathWithNamespace, &gitlab.CreateEnvironmentOptions{
		Name: new("review/feature.1"), ExternalURL: new("https://feature.example.com"),
	}))(t)
	if made.State != "available" || made.Tier != "development" || made.Slug == "" || made.CreatedAt == nil {
		t.Errorf("made: %+v", made)
	}
	edited := must(client.Environments.EditEnvironment(at.project.ID, made.ID, &gitlab.EditEnvironmentOptions{Tier: new("staging")}))(t)
	if edited.Tier != "staging" || edited.ExternalURL != "https://feature.example.com" {
		t.Errorf("edited: %+v", edited)
	}
	listed := must(client.Environments.ListEnvironments(at.project.ID, &gitlab.ListEnvironmentsOptions{Search: new("review")}))(t)
	if len(listed) != 1 || listed[0].Project == nil || listed[0].Project.ID != at.project.ID {
		t.Errorf("listed: %+v", listed)
	}
	_, err := client.Environments.DeleteEnvironment(at.project.ID, made.ID)
	if refusal, ok := errors.AsType[*gitlab.ErrorResponse](err); !ok || refusal.Response.StatusCode != http.StatusForbidden {
		t.Errorf("deleted before it was stopped: %v", err)
	}
	stopped := must(client.Environments.StopEnvironment(at.project.ID, made.ID, nil))(t)
	if stopped.State != "stopped" {
		t.Errorf("stopped: %+v", stopped)
	}
	if _, err := client.Environments.DeleteEnvironment(at.project.ID, made.ID); err != nil {
		t.Error(err)
	}
	if _, _, err := client.Environments.GetEnvironment(at.project.ID, made.ID); !errors.Is(err, gitlab.ErrNotFound) {
		t.Errorf("get after delete: %v", err)
	}
}

func TestLifeOfAToken(t *testing.T) {
	t.Parallel()
	user := newCaller(t, "api")
	client := clientOf(t, user.token)
	self := must(client.PersonalAccessTokens.GetSinglePersonalAccessToken())(t)
	if self.UserID != user.id || !self.Active || self.Revoked || self.ExpiresAt == nil || len(self.Scopes) != 1 || self.Token != "" {
		t.Errorf("self: %+v", self)
	}
	listed := must(client.PersonalAccessTokens.ListPersonalAccessTokens(nil))(t)
	if len(listed) != 1 || listed[0].ID != self.ID {
		t.Errorf("listed: %+v", listed)
	}
	if _, err := client.PersonalAccessTokens.RevokePersonalAccessTokenSelf(); err != nil {
		t.Fatal(err)
	}
	_, _, err := client.Users.CurrentUser()
	if refusal, ok := errors.AsType[*gitlab.ErrorResponse](err); !ok || refusal.Response.StatusCode != http.StatusUnauthorized {
		t.Errorf("after it was revoked: %v", err)
	}
}
