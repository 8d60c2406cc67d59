package web_test

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/tenant"
)

// as makes a user and signs him in. Without a role the user is a member of nothing.
func (s *site) as(username string, role tenant.Role) *site {
	s.t.Helper()
	ctx := auth.WithIdentity(s.t.Context(), auth.Identity{UserID: auth.AdministratorID, Admin: true, Kind: auth.Person, Scopes: []auth.Scope{auth.API}})
	user, err := s.users.CreateUser(ctx, auth.NewUser{Profile: auth.Profile{Username: username, Name: username}})
	if err != nil {
		s.t.Fatal(err)
	}
	if role != tenant.NoRole {
		_, err := s.tenants.AddMember(ctx, tenant.Granter{Admin: true}, tenant.NewMember{
			Place: tenant.Place{GroupID: 1}, UserID: user.ID, Role: role,
		})
		if err != nil {
			s.t.Fatal(err)
		}
	}
	own := auth.WithIdentity(s.t.Context(), auth.Identity{UserID: user.ID, Name: username, Kind: auth.Person, Scopes: []auth.Scope{auth.API}})
	secret, _, err := s.users.CreateToken(own, auth.TokenRequest{Kind: auth.Personal, Name: "test", Scopes: []auth.Scope{auth.API}})
	if err != nil {
		s.t.Fatal(err)
	}
	return s.with(secret)
}

// with signs in by a token: the same site by other eyes.
func (s *site) with(secret string) *site {
	s.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	other := *s
	other.client = &http.Client{Jar: jar, Transport: s.client.Transport}
	other.post("/sign-in", url.Values{"token": {secret}})
	return &other
}

// organised is a site with the group acme and the project acme/shop in it.
func organised(t *testing.T) *site {
	t.Helper()
	s := newSite(t)
	s.shows(s.post("/groups/new", url.Values{"slug": {"acme"}, "name": {"Acme"}}), 200, "This group is empty")
	s.shows(s.post("/groups/1/new-project", url.Values{"slug": {"shop"}}), 200, "No environment yet")
	return s
}

func TestPagesShowWhatTheReaderMayDo(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		role   tenant.Role
		path   string
		status int
		shows  []string
		hides  []string
	}{
		"a stranger sees no group":          {tenant.NoRole, "/groups/1", 404, []string{"Not found"}, []string{"Acme", `href="/groups/1`}},
		"a stranger sees no project":        {tenant.NoRole, "/projects/1/members", 404, []string{"Not found"}, []string{"shop"}},
		"a stranger's lists are empty":      {tenant.NoRole, "/projects", 200, []string{"No project yet"}, []string{"acme/shop"}},
		"a stranger finds nothing":          {tenant.NoRole, "/search?q=shop", 200, []string{"Nothing found"}, []string{"acme/shop"}},
		"a stranger is offered own pages":   {tenant.NoRole, "/search/options?q=", 200, []string{"/me/tokens"}, []string{"/users", "/clusters"}},
		"a guest sees the group":            {tenant.Guest, "/groups/1", 200, []string{"acme/shop"}, []string{"New project", "/groups/1/edit", "/groups/1/clusters"}},
		"a guest sees no environments":      {tenant.Guest, "/projects/1", 200, []string{"You are a guest here"}, []string{"Ensure namespace"}},
		"a guest may not change the group":  {tenant.Guest, "/groups/1/edit", 403, []string{"Not allowed", "acme"}, nil},
		"a developer asks who serves":       {tenant.Developer, "/projects/1/explain", 200, []string{"No cluster at all"}, []string{"Add a cluster"}},
		"a developer makes environments":    {tenant.Developer, "/projects/1/environments", 200, []string{"New environment"}, []string{`/projects/1/edit`}},
		"a developer sees members only":     {tenant.Developer, "/groups/1/members", 200, []string{"developer-1"}, []string{"Add a member"}},
		"a maintainer adds clusters":        {tenant.Maintainer, "/groups/1/clusters", 200, []string{"Add a cluster"}, []string{"/groups/1/edit"}},
		"a maintainer reads no audit":       {tenant.Maintainer, "/groups/1/audit", 403, []string{"Not allowed"}, nil},
		"an owner reads the audit":          {tenant.Owner, "/groups/1/audit", 200, []string{"group: create", "Settings"}, nil},
		"an owner reads what is below":      {tenant.Owner, "/groups/1/audit?action=project.create", 200, []string{"project: create", `href="/projects/1/audit"`}, nil},
		"an owner is no administrator":      {tenant.Owner, "/users", 403, []string{"Not allowed"}, nil},
		"an owner sees no instance cluster": {tenant.Owner, "/clusters", 403, []string{"Not allowed"}, nil},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := organised(t)
			s.t = t
			a := s.as(tc.role.String()+"-1", tc.role).get(tc.path)
			s.shows(a, tc.status, tc.shows...)
			for _, text := range tc.hides {
				if strings.Contains(a.text, text) {
					t.Errorf("%s shows %q", tc.path, text)
				}
			}
		})
	}
}

// Clusters are found by a part of their name or host name, by those who may look into them.
func TestClustersAreFound(t *testing.T) {
	t.Parallel()
	s := organised(t)
	err := s.clusters.Store.Atomically(t.Context(), func(tx cluster.Tx) error {
		return tx.InsertCluster(t.Context(), cluster.Cluster{
			ID: 1, Name: "tidepool", Level: cluster.Group, GroupID: 1, State: cluster.Attached, EnvironmentScope: "*",
			Platform: cluster.Platform{APIURL: "https://k8s.eu.example.com:6443"},
		}, []byte("sealed"))
	})
	if err != nil {
		t.Fatal(err)
	}
	maintainer, developer := s.as("maintainer-1", tenant.Maintainer), s.as("developer-1", tenant.Developer)
	maintainer.shows(maintainer.get("/search?q=K8S.EU"), 200, `href="/clusters/1"`, "tidepool")
	maintainer.shows(maintainer.get("/search/options?q=epoo"), 200, `data-href="/clusters/1"`, "k8s.eu.example.com:6443")
	found := developer.get("/search?q=epoo")
	developer.shows(found, 200, "Nothing found")
	if strings.Contains(found.text, "k8s.eu") || strings.Contains(found.text, "/clusters/1") {
		t.Errorf("a developer finds %s", found.text)
	}
}

// What a form sends is held to the same table as its page.
func TestFormsAreRefusedToWhoMayNot(t *testing.T) {
	t.Parallel()
	s := organised(t)
	guest, stranger := s.as("guest-1", tenant.Guest), s.as("stranger-1", tenant.NoRole)
	for path, form := range map[string]url.Values{
		"/groups/1/edit":           {"slug": {"taken"}},
		"/groups/1/delete":         {"confirm": {"acme"}},
		"/groups/1/members":        {"username": {"guest-1"}, "role": {"owner"}},
		"/groups/1/tokens":         {"name": {"x"}, "role": {"owner"}},
		"/projects/1/environments": {"name": {"production"}},
		"/projects/1/namespace":    {"environment": {"production"}},
	} {
		s.shows(guest.post(path, form), 403, "Not allowed")
		s.shows(stranger.post(path, form), 404, "Not found")
	}
	s.shows(s.get("/groups/1"), 200, "acme/shop")
}

func TestMembersAreAddedChangedAndRemoved(t *testing.T) {
	t.Parallel()
	s := organised(t)
	ada := s.as("ada", tenant.NoRole)
	add := url.Values{"username": {"ada"}, "role": {"maintainer"}, "expires": {""}}
	s.shows(s.post("/groups/1/members", url.Values{"username": {"nobody"}, "role": {"guest"}}), 422, "Nobody has this username", `value="nobody"`, `aria-invalid="true"`)
	s.shows(s.post("/groups/1/members", add), 200, "ada", "maintainer", "direct")
	s.shows(s.get("/projects/1/members"), 200, "ada", `href="/groups/1/members"`)
	s.shows(ada.get("/groups/1/members"), 200, "maintainer")
	s.shows(s.post("/groups/1/members/2", url.Values{"role": {"guest"}, "expires": {"2001-01-01"}}), 422, `value="2001-01-01"`)
	s.shows(s.post("/groups/1/members/2", url.Values{"role": {"guest"}}), 200, "guest")
	s.shows(s.post("/groups/1/members/2/remove", nil), 200, "Members")
	s.shows(ada.get("/groups/1"), 404, "Not found")
}

func TestASecretIsShownOnce(t *testing.T) {
	t.Parallel()
	s := organised(t)
	made := s.post("/me/tokens", url.Values{"name": {"laptop"}, "scope": {"read_api"}})
	s.shows(made, 200, `value="rsd_p_`, "laptop was made", `data-copy="secret" hidden`)
	if again := s.get("/me/tokens"); strings.Contains(again.text, "rsd_p_") {
		t.Error("the secret is shown again")
	}
	s.shows(s.post("/me/tokens", url.Values{"name": {"old"}, "scope": {"api"}, "expires": {"2001-01-01"}}), 422, "365 days", `value="old"`)
	s.shows(s.post("/me/tokens/1/revoke", nil), 200, "No token")
	s.shows(s.post("/service-tokens", url.Values{"name": {"nightly"}, "service": {"reporter"}, "scope": {"api"}}), 200, `value="rsd_s_`, "acts as reporter")
}

func TestADeletionTakesThePath(t *testing.T) {
	t.Parallel()
	s := organised(t)
	s.shows(s.post("/projects/1/delete", url.Values{"confirm": {"shop"}}), 422, "Type acme/shop to delete it", `value="shop"`)
	s.shows(s.post("/groups/1/delete", url.Values{"confirm": {"acme"}}), 409, "Delete Acme")
	s.shows(s.post("/projects/1/delete", url.Values{"confirm": {"acme/shop"}}), 200, "This group is empty")
	s.shows(s.post("/groups/1/delete", url.Values{"confirm": {"acme"}}), 200, "No group yet")
}

func TestListsTurnTheirPages(t *testing.T) {
	t.Parallel()
	s := organised(t)
	ctx := auth.WithIdentity(t.Context(), auth.Identity{UserID: auth.AdministratorID, Admin: true})
	for _, letter := range "abcdefghijklmnopqrstuvwxyz" {
		for _, path := range []string{"acme/" + string(letter) + "-1", "acme/" + string(letter) + "-2"} {
			if _, err := s.tenants.CreateProject(ctx, tenant.NewProject{Path: path}); err != nil {
				t.Fatal(err)
			}
		}
	}
	first := s.get("/projects")
	s.shows(first, 200, "1 to 50", `href="/projects?page=2"`, "acme/a-1")
	s.shows(s.get("/projects?page=2"), 200, "51 to 53", `href="/projects?page=1"`, "acme/z-2")
	s.shows(s.get("/projects?q=z-"), 200, "acme/z-1", "acme/z-2")
	s.shows(s.get("/groups/1?q=m-2"), 200, "acme/m-2")
	s.shows(s.get("/projects?page=banana"), 200, "1 to 50")
}
