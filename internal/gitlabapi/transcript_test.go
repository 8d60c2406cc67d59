package gitlabapi_test

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// platform is how the clusters of the transcripts are reached.
const platform = `"platform_kubernetes_attributes":{"api_url":"https://kubernetes.example.com:6443","token":"secret-token"}`

// step is one request of a transcript.
type step struct{ name, as, request, body string }

// Each transcript is what clients see, byte by byte: status, headers and body of every endpoint, one request after the
// other against one server.
func TestTranscripts(t *testing.T) {
	t.Parallel()
	for name, steps := range map[string][]step{
		"clusters_project":  clusterSteps("/projects/acme%2Fweb%2Eteam%2Fshop/clusters", "/user", "ada"),
		"clusters_group":    clusterSteps("/groups/acme%2Fweb%2Eteam/clusters", "/user", "ada"),
		"clusters_instance": clusterSteps("/admin/clusters", "/add", "administrator"),
		"meta":              metaSteps(),
		"groups":            groupSteps(),
		"projects":          projectSteps(),
		"members":           memberSteps(),
		"environments":      environmentSteps(),
		"tokens":            tokenSteps(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checkTranscript(t, name, steps)
		})
	}
}

func clusterSteps(path, add, as string) []step {
	return []step{
		{"an empty list", as, "GET " + path, ""},
		{
			"add with what is required", as, "POST " + path + add,
			`{"name":"edge-1",` + platform + `}`,
		},
		{
			"add with all there is", as, "POST " + path + add,
			`{"name":"edge-2","enabled":false,"domain":"apps.example.com","environment_scope":"review/*","namespace_per_environment":false,` +
				`"management_project_id":"1","managed":false,"platform_kubernetes_attributes":{"api_url":"https://edge.example.com",` +
				`"token":" secret-token\n","namespace":"Shop","authorization_type":"abac"}}`,
		},
		{"show", as, "GET " + path + "/2", ""},
		{"list the first page", as, "GET " + path + "?per_page=1", ""},
		{"list the last page", as, "GET " + path + "?page=2&per_page=1", ""},
		{"edit nothing", as, "PUT " + path + "/2", `{}`},
		{"edit: an empty token is none", as, "PUT " + path + "/2", `{"platform_kubernetes_attributes":{"token":""}}`},
		{"edit: namespace_per_environment stays when it is not sent", as, "PUT " + path + "/2", `{"enabled":true,"domain":""}`},
		{"edit: an empty text clears the management project", as, "PUT " + path + "/2", `{"management_project_id":""}`},
		{
			"edit: a new address with the token", as, "PUT " + path + "/2",
			`{"name":"edge-3","platform_kubernetes_attributes":{"api_url":"https://other.example.com","token":"other"}}`,
		},
		{"delete", as, "DELETE " + path + "/2", ""},
		{"show after delete", as, "GET " + path + "/2", ""},
	}
}

func metaSteps() []step {
	return []step{
		{"version", "dev", "GET /version", ""},
		{"metadata", "dev", "GET /metadata", ""},
		{"user", "dev", "GET /user", ""},
		{"user, an administrator", "administrator", "GET /user", ""},
		{"a user as others see him", "dev", "GET /users/2", ""},
		{"a user as administrators see him", "administrator", "GET /users/2", ""},
		{"users of a name", "dev", "GET /users?username=ADA", ""},
		{"users of a name that nobody has", "dev", "GET /users?username=nobody", ""},
		{"users", "dev", "GET /users?page=2&per_page=2", ""},
		{"no such user", "dev", "GET /users/99", ""},
		{"the base, which old clients ask first", "", "GET ", ""},
		{"the base with a slash", "ada", "GET /", ""},
		{"what nothing answers", "ada", "GET /projects/1/issues", ""},
		{"another method", "ada", "PATCH /projects/1", ""},
	}
}

func groupSteps() []step {
	return []step{
		{"list", "ada", "GET /groups", ""},
		{"list at the top", "ada", "GET /groups?top_level_only=true", ""},
		{"list of somebody who sees none", "eve", "GET /groups", ""},
		{"search", "ada", "GET /groups?search=web", ""},
		{"show by path", "ada", "GET /groups/acme%2Fweb%2Eteam", ""},
		{"show by id", "ada", "GET /groups/2", ""},
		{"create", "ada", "POST /groups", `{"name":"Data","path":"data","parent_id":1,"description":"Who does the data."}`},
		{"create what exists", "ada", "POST /groups", `{"name":"Data","path":"data","parent_id":1}`},
		{"create at the top", "ada", "POST /groups", `{"name":"Top","path":"top"}`},
		{"create at the top, an administrator", "administrator", "POST /groups", `{"name":"Top","path":"top"}`},
		{"create without a name", "ada", "POST /groups", `{"parent_id":1}`},
		{"create in the open", "ada", "POST /groups", `{"name":"Open","path":"open","parent_id":1,"visibility":"public"}`},
		{"create below what is not there", "ada", "POST /groups", `{"name":"Lost","path":"lost","parent_id":99}`},
		{"update", "administrator", "PUT /groups/3", `{"name":"Data Team","path":"data.team"}`},
		{"subgroups", "ada", "GET /groups/acme/subgroups?order_by=id", ""},
		{"descendants", "ada", "GET /groups/acme/descendant_groups?per_page=1", ""},
		{"projects", "ada", "GET /groups/1/projects?include_subgroups=true", ""},
		{"delete what is not empty", "administrator", "DELETE /groups/2", ""},
		{"delete", "administrator", "DELETE /groups/3", ""},
		{"show after delete", "administrator", "GET /groups/3", ""},
	}
}

func projectSteps() []step {
	return []step{
		{"list", "guest", "GET /projects", ""},
		{"list of somebody who sees none", "eve", "GET /projects", ""},
		{"show by path", "guest", "GET /projects/acme%2Fweb%2Eteam%2Fshop", ""},
		{"show by id", "ada", "GET /projects/1", ""},
		{"create by name", "ada", "POST /projects", `{"name":"Other Shop (2)","namespace_id":2,"visibility":"private"}`},
		{"create by path", "ada", "POST /projects", `{"path":"third","namespace_id":"2","description":"The third."}`},
		{"create what exists", "ada", "POST /projects", `{"path":"third","namespace_id":2}`},
		{"create without a group", "administrator", "POST /projects", `{"path":"third"}`},
		{"create without a name", "ada", "POST /projects", `{"namespace_id":2}`},
		{"list by key", "ada", "GET /projects?pagination=keyset&order_by=id&sort=asc&per_page=2", ""},
		{"list the rest by key", "ada", "GET /projects?pagination=keyset&order_by=id&sort=asc&per_page=2&id_after=2", ""},
		{"list by key in an order that has none", "ada", "GET /projects?pagination=keyset", ""},
		{"update", "ada", "PUT /projects/2", `{"name":"Second","description":""}`},
		{"delete by a maintainer", "ada", "DELETE /projects/2", ""},
		{"delete", "administrator", "DELETE /projects/2", ""},
	}
}

func memberSteps() []step {
	const project, group = "/projects/1/members", "/groups/acme/members"
	return []step{
		{"list", "guest", "GET " + project, ""},
		{"list all", "guest", "GET " + project + "/all", ""},
		{"show", "guest", "GET " + project + "/3", ""},
		{"show an inherited one", "guest", "GET " + project + "/all/2", ""},
		{"an inherited one is not the project's own", "guest", "GET " + project + "/2", ""},
		{"add", "ada", "POST " + project, `{"user_id":5,"access_level":30,"expires_at":"2026-12-31"}`},
		{"add again", "ada", "POST " + project, `{"user_id":5,"access_level":30}`},
		{"add nobody", "ada", "POST " + project, `{"access_level":30}`},
		{"add somebody who is not there", "ada", "POST " + project, `{"username":"nobody","access_level":30}`},
		{"add with a role that is none", "ada", "POST " + project, `{"username":"eve","access_level":35}`},
		{"add with more than one has", "ada", "POST " + project, `{"user_id":5,"access_level":50}`},
		{"edit", "ada", "PUT " + project + "/5", `{"access_level":20,"expires_at":""}`},
		{"edit without a role", "ada", "PUT " + project + "/5", `{}`},
		{"add as a developer", "dev", "POST " + project, `{"user_id":5,"access_level":10}`},
		{"remove", "ada", "DELETE " + project + "/5", ""},
		{"show after removal", "ada", "GET " + project + "/5", ""},
		{"add to a group", "administrator", "POST " + group, `{"username":"eve","access_level":50}`},
		{"list a group's", "ada", "GET " + group + "?query=e", ""},
		{"list all of a subgroup", "ada", "GET /groups/2/members/all", ""},
	}
}

func environmentSteps() []step {
	const all = "/projects/1/environments"
	return []step{
		{"an empty list", "ada", "GET " + all, ""},
		{"create", "dev", "POST " + all, `{"name":"review/Feature 1","external_url":"https://feature.example.com"}`},
		{"create with a tier", "dev", "POST " + all, `{"name":"production","tier":"production"}`},
		{"create again", "dev", "POST " + all, `{"name":"production"}`},
		{"create without a name", "dev", "POST " + all, `{}`},
		{"create with a slug", "dev", "POST " + all, `{"name":"qa","slug":"qa"}`},
		{"create with a tier that is none", "dev", "POST " + all, `{"name":"qa","tier":"space"}`},
		{"create as a guest", "guest", "POST " + all, `{"name":"qa"}`},
		{"list", "ada", "GET " + all + "?per_page=1", ""},
		{"list by name", "ada", "GET " + all + "?name=production", ""},
		{"list by name and search", "ada", "GET " + all + "?name=production&search=prod", ""},
		{"show", "ada", "GET " + all + "/1", ""},
		{"edit", "dev", "PUT " + all + "/1", `{"tier":"staging","external_url":""}`},
		{"rename", "dev", "PUT " + all + "/1", `{"name":"other"}`},
		{"delete before it is stopped", "ada", "DELETE " + all + "/1", ""},
		{"stop", "dev", "POST " + all + "/1/stop", ""},
		{"delete", "ada", "DELETE " + all + "/1", ""},
		{"show after delete", "ada", "GET " + all + "/1", ""},
	}
}

func tokenSteps() []step {
	const all = "/personal_access_tokens"
	return []step{
		{"self", "dev", "GET " + all + "/self", ""},
		{"list", "dev", "GET " + all, ""},
		{"show", "dev", "GET " + all + "/4", ""},
		{"somebody else's", "dev", "GET " + all + "/1", ""},
		{"the one of the configuration is no record", "administrator", "GET " + all + "/self", ""},
		{"revoke one", "dev", "DELETE " + all + "/4", ""},
		{"the revoked one", "dev, reading", "GET " + all + "/self", ""},
		{"revoke self", "dev", "DELETE " + all + "/self", ""},
		{"self after that", "dev", "GET " + all + "/self", ""},
	}
}

// moments are the times in answers.
var moments = regexp.MustCompile(`"\d{4}-\d\d-\d\dT[^"]*"`)

// still hides the one time that does not stand still: the database makes the first user when it is made itself.
func still(moment string) string {
	if moment != `"2026-02-03T04:05:06.789Z"` {
		return `"when the database was made"`
	}
	return moment
}

// checkTranscript compares what was answered with the file of that name, which UPDATE_GOLDEN=1 writes.
func checkTranscript(t *testing.T, name string, steps []step) {
	t.Helper()
	w, got := newWorld(t), new(bytes.Buffer)
	for _, s := range steps {
		method, target, _ := strings.Cut(s.request, " ")
		answer := w.ask(s.as, method, target, s.body)
		fmt.Fprintf(got, "# %s\n%s\n", s.name, s.request)
		if s.body != "" {
			fmt.Fprintln(got, s.body)
		}
		fmt.Fprintf(got, "-> %d\n", answer.Code)
		for _, header := range slices.Sorted(maps.Keys(answer.Header())) {
			fmt.Fprintf(got, "%s: %s\n", header, answer.Header().Get(header))
		}
		fmt.Fprintf(got, "%s\n\n", moments.ReplaceAllStringFunc(answer.Body.String(), still))
	}
	path := filepath.Join("testdata", name+".txt")
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(path, got.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got.String(), "\n")); diff != "" {
		t.Error(diff)
	}
}
