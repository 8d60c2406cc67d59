package clienttest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gitlab.com/gitlab-org/api/client-go"
)

// Roadstead speaks GitLab's API, so what is in one server can be imported into another. The importer is one client more.
func TestImportFromOneServerIntoAnother(t *testing.T) {
	t.Parallel()
	client := administrator(t)
	at := newPlace(t, client)
	ada := newCaller(t, "api")
	must(client.GroupMembers.AddGroupMember(at.top.ID, &gitlab.AddGroupMemberOptions{
		UserID: &ada.id, AccessLevel: new(gitlab.DeveloperPermissions), ExpiresAt: new("2099-12-31"),
	}))(t)
	options := addOptions("edge", "review/*")
	options.Managed, options.ManagementProjectID = new(false), new(fmt.Sprint(at.project.ID))
	edge := must(client.ProjectCluster.AddCluster(at.project.ID, options))(t)
	must(client.GroupCluster.AddCluster(at.group.ID, &gitlab.AddGroupClusterOptions{
		Name: new("wide"), PlatformKubernetes: groupPlatform(addOptions("", "").PlatformKubernetes),
	}))(t)
	target := newTarget(t)
	target.makeUser(t, ada.username)

	plan := target.imports(t, at.top.Path, "--dry-run")
	if plan.Counts["create"] != 6 || len(plan.MissingTokens) != 2 || target.has(t, at.top.FullPath) {
		t.Errorf("plan: %+v", plan)
	}
	first := target.imports(t, at.top.Path)
	if first.Counts["create"] != 4 || len(first.MissingTokens) != 2 {
		t.Errorf("without tokens: %+v", first)
	}
	second := target.imports(t, at.top.Path, "--tokens", target.tokens(t, edge.ID))
	if second.Counts["create"] != 1 || second.Counts["exists"] != 6 || len(second.MissingTokens) != 1 {
		t.Errorf("with one token: %+v", second)
	}
	if again := target.imports(t, at.top.Path, "--tokens", target.tokens(t, edge.ID)); again.Counts["create"] != 0 || again.Counts["fail"] != 0 {
		t.Errorf("again: %+v", again)
	}
	target.compare(t, client, at, ada.username)
}

// target is a server of its own to import into.
type target struct {
	dir, address string
	client       *gitlab.Client
}

func newTarget(t *testing.T) target {
	t.Helper()
	dir := t.TempDir()
	server, listen, err := start(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
	client, err := gitlab.NewClient(adminToken, gitlab.WithBaseURL("http://"+listen), gitlab.WithoutRetries())
	if err != nil {
		t.Fatal(err)
	}
	return target{dir, "http://" + listen, client}
}

func (g target) makeUser(t *testing.T, username string) {
	t.Helper()
	var made struct{}
	callAt(t, g.address, "/api/v1/users", map[string]any{"username": username}, &made)
}

func (g target) has(t *testing.T, group string) bool {
	t.Helper()
	_, _, err := g.client.Groups.GetGroup(group, nil)
	return err == nil
}

// tokens writes the file of tokens, with that of one cluster.
func (g target) tokens(t *testing.T, id int64) string {
	t.Helper()
	name := filepath.Join(g.dir, "tokens.yaml")
	if err := os.WriteFile(name, fmt.Appendf(nil, "%d: its-token\n", id), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// report is what the importer prints for programs.
type report struct {
	Counts        map[string]int `json:"counts"`
	Items         []any          `json:"items"`
	MissingUsers  []string       `json:"missing_users"`
	MissingTokens []any          `json:"missing_tokens"`
}

// imports runs the program that people run.
func (g target) imports(t *testing.T, group string, args ...string) (r report) {
	t.Helper()
	command := exec.CommandContext(t.Context(), program(),
		append([]string{"import", "gitlab", "--url", address, "--group", group, "-o", "json"}, args...)...)
	command.Env = append(os.Environ(), "ROADSTEAD_SERVER="+g.address, "ROADSTEAD_TOKEN="+adminToken, "GITLAB_TOKEN="+adminToken,
		"ROADSTEAD_EGRESS_ALLOW="+strings.Replace(strings.TrimPrefix(address, "http://"), ":", "/32:", 1))
	var problems bytes.Buffer
	command.Stderr = &problems
	out, err := command.Output()
	if err != nil {
		t.Fatalf("import: %v: %s%s", err, out, &problems)
	}
	if err := json.Unmarshal(out, &r); err != nil {
		t.Fatal(err)
	}
	return r
}

// compare holds what was imported against where it came from.
func (g target) compare(t *testing.T, from *gitlab.Client, at place, username string) {
	t.Helper()
	clustersOf := func(client *gitlab.Client) (all []found) {
		list, _, err := projectClusters(client, at.project.PathWithNamespace).list()
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range list {
			c.ID = 0
			all = append(all, c)
		}
		return all
	}
	if diff := cmp.Diff(clustersOf(from), clustersOf(g.client)); diff != "" {
		t.Errorf("clusters: %s", diff)
	}
	describe := func(client *gitlab.Client) []string {
		group := must(client.Groups.GetGroup(at.group.FullPath, nil))(t)
		project := must(client.Projects.GetProject(at.project.PathWithNamespace, nil))(t)
		facts := []string{group.FullName, group.Description, project.NameWithNamespace, project.Description}
		for _, m := range must(client.Groups.ListGroupMembers(at.top.FullPath, nil))(t) {
			if m.Username == username {
				facts = append(facts, fmt.Sprint(m.AccessLevel, m.ExpiresAt))
			}
		}
		return facts
	}
	if diff := cmp.Diff(describe(from), describe(g.client)); diff != "" {
		t.Errorf("groups, projects and members: %s", diff)
	}
}
