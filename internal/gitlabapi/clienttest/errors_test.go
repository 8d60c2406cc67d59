package clienttest

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"gitlab.com/gitlab-org/api/client-go"
)

// What the client makes of every refusal: its status, and a text that holds our words.
func TestRefusalsAsTheClientReadsThem(t *testing.T) {
	t.Parallel()
	client := administrator(t)
	at := newPlace(t, client)
	s := projectClusters(client, at.project.PathWithNamespace)
	added, _, err := s.add(addOptions("edge", "production"))
	if err != nil {
		t.Fatal(err)
	}
	change := func(edit func(*gitlab.AddClusterOptions)) error {
		options := addOptions("edge-2", "staging")
		edit(options)
		_, _, err := s.add(options)
		return err
	}
	platform := func(edit func(*gitlab.AddPlatformKubernetesOptions)) error {
		return change(func(o *gitlab.AddClusterOptions) { edit(o.PlatformKubernetes) })
	}
	tests := map[string]struct {
		err    error
		status int
		text   string
	}{
		"an unknown token": {
			func() error { _, _, err := projectClusters(clientOf(t, "no-token"), at.project.ID).list(); return err }(), 401, "401 Unauthorized",
		},
		"no name and no platform": {
			func() error { _, _, err := s.add(&gitlab.AddClusterOptions{}); return err }(), 400,
			"name is missing, platform_kubernetes_attributes is missing",
		},
		"no address": {
			platform(func(p *gitlab.AddPlatformKubernetesOptions) { p.APIURL = nil }), 400,
			"platform_kubernetes_attributes[api_url] is missing",
		},
		"a blank address": {
			platform(func(p *gitlab.AddPlatformKubernetesOptions) { p.APIURL = new("") }), 400,
			"platform_kubernetes_attributes[api_url] is empty",
		},
		"an authorization type that is none": {
			platform(func(p *gitlab.AddPlatformKubernetesOptions) { p.AuthorizationType = new("webhook") }), 400,
			"platform_kubernetes_attributes[authorization_type] does not have a valid value",
		},
		"a blank name": {
			change(func(o *gitlab.AddClusterOptions) { o.Name = new(" ") }), 400, "{name: [ has to be present]}",
		},
		"a scope that is taken": {
			change(func(o *gitlab.AddClusterOptions) { o.EnvironmentScope = new("production") }), 400,
			"{environment_scope: [cannot add duplicated environment scope]}",
		},
		"a namespace that cannot be": {
			platform(func(p *gitlab.AddPlatformKubernetesOptions) { p.Namespace = new("invalid_namespace") }), 400,
			"{platform_kubernetes.namespace: [can contain only lowercase letters, digits, and '-'.",
		},
		"a certificate that is none": {
			platform(func(p *gitlab.AddPlatformKubernetesOptions) { p.CaCert = new("no certificate") }), 400,
			"{platform_kubernetes.ca_cert: [must be a valid PEM certificate]}",
		},
		"an address that is blocked": {
			platform(func(p *gitlab.AddPlatformKubernetesOptions) { p.APIURL = new("https://127.0.0.1:6443") }), 400,
			"{platform_kubernetes.api_url: [is blocked:",
		},
		"a management project that is none": {
			change(func(o *gitlab.AddClusterOptions) { o.ManagementProjectID = new("999999") }), 400,
			"{management_project_id: [Project does not exist or you don't have permission to perform this action]}",
		},
		"another address without the token": {
			func() error {
				_, _, err := s.edit(added.ID, &gitlab.EditClusterOptions{
					PlatformKubernetes: &gitlab.EditPlatformKubernetesOptions{APIURL: new("https://elsewhere.example.com")},
				})
				return err
			}(), 400, "{platform_kubernetes.token: [must be given again when api_url or ca_cert changes]}",
		},
		"a change behind one's back": {
			func() error {
				past := time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat)
				_, err := s.delete(added.ID, gitlab.WithHeader("If-Unmodified-Since", past))
				return err
			}(), 412, "412 Precondition Failed",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refusal, ok := errors.AsType[*gitlab.ErrorResponse](test.err)
			if !ok {
				t.Fatalf("error = %v", test.err)
			}
			if refusal.Response.StatusCode != test.status || !strings.Contains(refusal.Message, test.text) {
				t.Errorf("%d %s, want %d …%s…", refusal.Response.StatusCode, refusal.Message, test.status, test.text)
			}
		})
	}
}

// What is not there, or not at that level, or not to be seen, is the client's own error for 404.
func TestWhatIsNotThere(t *testing.T) {
	t.Parallel()
	client := administrator(t)
	at := newPlace(t, client)
	added, _, err := projectClusters(client, at.project.ID).add(addOptions("edge", "*"))
	if err != nil {
		t.Fatal(err)
	}
	outside := clientOf(t, newCaller(t, "api").token)
	tests := map[string]func() error{
		"no such project": func() error { _, _, err := projectClusters(client, "acme/nowhere").list(); return err },
		"no such group":   func() error { _, _, err := groupClusters(client, "nowhere").list(); return err },
		"no such cluster": func() error { _, _, err := projectClusters(client, at.project.ID).get(999999); return err },
		"at the group":    func() error { _, _, err := groupClusters(client, at.group.ID).get(added.ID); return err },
		"at the instance": func() error { _, _, err := instanceClusters(client).get(added.ID); return err },
		"a stranger reads the list": func() error {
			_, _, err := projectClusters(outside, at.project.ID).list()
			return err
		},
		"a stranger reads the cluster": func() error {
			_, _, err := projectClusters(outside, at.project.PathWithNamespace).get(added.ID)
			return err
		},
		"a stranger adds one":    func() error { _, _, err := groupClusters(outside, at.group.ID).add(addOptions("x", "*")); return err },
		"a stranger deletes one": func() error { _, err := projectClusters(outside, at.project.ID).delete(added.ID); return err },
	}
	for name, ask := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := ask(); !errors.Is(err, gitlab.ErrNotFound) {
				t.Errorf("error = %v", err)
			}
		})
	}
}

// Who sees a project with too low a role is forbidden; a token that only reads is told so.
func TestWhatIsNotAllowed(t *testing.T) {
	t.Parallel()
	client := administrator(t)
	at := newPlace(t, client)
	added, _, err := projectClusters(client, at.project.ID).add(addOptions("edge", "*"))
	if err != nil {
		t.Fatal(err)
	}
	low, high := newCaller(t, "api"), newCaller(t, "read_api")
	for id, role := range map[int64]gitlab.AccessLevelValue{low.id: gitlab.DeveloperPermissions, high.id: gitlab.MaintainerPermissions} {
		must(client.ProjectMembers.AddProjectMember(at.project.ID, &gitlab.AddProjectMemberOptions{UserID: id, AccessLevel: &role}))(t)
	}
	developer, reader := projectClusters(clientOf(t, low.token), at.project.ID), projectClusters(clientOf(t, high.token), at.project.ID)
	if _, _, err := reader.get(added.ID); err != nil {
		t.Errorf("a maintainer's token that reads does not read: %v", err)
	}
	tests := map[string]struct {
		ask  func() error
		text string
	}{
		"a developer lists": {func() error { _, _, err := developer.list(); return err }, "403 Forbidden"},
		"a developer reads": {func() error { _, _, err := developer.get(added.ID); return err }, "403 Forbidden"},
		"a developer adds":  {func() error { _, _, err := developer.add(addOptions("x", "x")); return err }, "403 Forbidden"},
		"a developer edits": {
			func() error { _, _, err := developer.edit(added.ID, &gitlab.EditClusterOptions{}); return err }, "403 Forbidden",
		},
		"a developer deletes": {func() error { _, err := developer.delete(added.ID); return err }, "403 Forbidden"},
		"nobody but administrators lists the instance's": {
			func() error { _, _, err := instanceClusters(clientOf(t, low.token)).list(); return err }, "403 Forbidden",
		},
		"a token that reads adds": {
			func() error { _, _, err := reader.add(addOptions("x", "x")); return err }, "insufficient_scope",
		},
		"a token that reads deletes": {func() error { _, err := reader.delete(added.ID); return err }, "insufficient_scope"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refusal, ok := errors.AsType[*gitlab.ErrorResponse](test.ask())
			if !ok || refusal.Response.StatusCode != http.StatusForbidden || !strings.Contains(refusal.Message, test.text) {
				t.Errorf("error = %v", refusal)
			}
		})
	}
}
