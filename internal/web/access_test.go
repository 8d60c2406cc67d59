package web_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/tenant"
)

// member is the site in the browser of a new person, who has these roles. It follows no redirects.
func (s *site) member(name string, roles map[tenant.Place]tenant.Role) *site {
	s.t.Helper()
	other := s.as(name, tenant.NoRole)
	other.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	user, err := s.users.UserByName(s.t.Context(), name)
	if err != nil {
		s.t.Fatal(err)
	}
	for at, role := range roles {
		member := tenant.NewMember{Place: at, UserID: user.ID, Role: role}
		if _, err := s.tenants.AddMember(s.t.Context(), tenant.Granter{Admin: true}, member); err != nil {
			s.t.Fatal(err)
		}
	}
	return other
}

func (s *site) group(path string) tenant.Place {
	s.t.Helper()
	group, err := s.tenants.CreateGroup(s.t.Context(), tenant.NewGroup{Path: path})
	if err != nil {
		s.t.Fatal(err)
	}
	return tenant.Place{GroupID: group.ID}
}

func (s *site) projectAt(path string) tenant.Place {
	s.t.Helper()
	project, err := s.tenants.CreateProject(s.t.Context(), tenant.NewProject{Path: path})
	if err != nil {
		s.t.Fatal(err)
	}
	return tenant.Place{ProjectID: project.ID}
}

// attached is the address of a new cluster.
func (s *site) attached(name string, level cluster.Level, at tenant.Place) string {
	s.t.Helper()
	c := cluster.Cluster{
		Name: name, Level: level, GroupID: at.GroupID, ProjectID: at.ProjectID, EnvironmentScope: name + "/*", State: cluster.Attached,
		Enabled: true, Managed: true, NamespacePerEnvironment: true, Provider: cluster.ByUser, AuthorizationType: cluster.RBAC,
		Platform: cluster.Platform{APIURL: "https://10.0.0.1:6443"}, Generation: 1, CreatedAt: s.now, UpdatedAt: s.now, StateSince: s.now,
	}
	err := s.clusters.Store.Atomically(s.t.Context(), func(tx cluster.Tx) (err error) {
		if c.ID, err = tx.NextClusterID(s.t.Context()); err != nil {
			return err
		}
		return tx.InsertCluster(s.t.Context(), c, []byte("sealed"))
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return "/clusters/" + decimal(c.ID)
}

func TestClustersOfOthersAreNotNamed(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	acme := s.group("acme")
	shared, own := s.attached("moonbase", cluster.Instance, tenant.Place{}), s.attached("sunbase", cluster.Group, acme)
	guest := s.member("ann", map[tenant.Place]tenant.Role{acme: tenant.Guest})

	s.shows(guest.get(shared), http.StatusNotFound)
	s.shows(guest.get("/clusters/99"), http.StatusNotFound)
	s.shows(guest.get("/clusters/moonbase"), http.StatusNotFound)
	s.shows(guest.get(own), http.StatusForbidden)
	for _, path := range []string{shared, own} {
		if page := guest.get(path).text; strings.Contains(page, "moonbase") || strings.Contains(page, "sunbase") {
			t.Errorf("%s names a cluster that its reader may not see:\n%s", path, page)
		}
	}
}

func TestGrantsTellNoPaths(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	acme, dark, other := s.group("acme"), s.group("darkside"), s.group("underworld")
	mine := s.attached("moonbase", cluster.Group, acme)
	if _, err := s.clusters.Grant(t.Context(), idOf(t, mine), dark.GroupID); err != nil {
		t.Fatal(err)
	}
	maintainer := s.member("ann", map[tenant.Place]tenant.Role{acme: tenant.Maintainer})
	for path, want := range map[string]int{
		mine + "/grants": http.StatusOK,
		mine + "/grants/" + decimal(dark.GroupID):       http.StatusOK,
		mine + "/grants/" + decimal(other.GroupID):      http.StatusNotFound,
		mine + "/grants/" + decimal(other.GroupID+1000): http.StatusNotFound,
	} {
		page := maintainer.get(path)
		s.shows(page, want)
		if strings.Contains(page.text, "darkside") || strings.Contains(page.text, "underworld") {
			t.Errorf("%s names a group that its reader may not see:\n%s", path, page.text)
		}
	}
	s.shows(s.get(mine+"/grants"), http.StatusOK, "darkside") // before an administrator
}

func TestAManagementProjectIsOneThatTheReaderManages(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.group("acme")
	own, neighbour, further := s.projectAt("acme/own"), s.projectAt("acme/neighbour"), s.projectAt("acme/further")
	mine := s.attached("moonbase", cluster.Project, own)
	ann := s.member("ann", map[tenant.Place]tenant.Role{own: tenant.Maintainer, neighbour: tenant.Developer, further: tenant.Maintainer})
	settings := func(manager string) url.Values {
		return url.Values{
			"name": {"moonbase"}, "scope": {"moonbase/*"}, "managed": {"true"}, "per_environment": {"true"}, "manager": {manager},
		}
	}
	for manager, want := range map[string]int{"acme/neighbour": 422, "acme/nothing": 422, "acme/further": 303} {
		s.shows(ann.post(mine+"/edit", settings(manager)), want)
	}
	// What an administrator chose stays when others change something else.
	admin := auth.WithIdentity(t.Context(), auth.Identity{UserID: auth.AdministratorID, Admin: true, Scopes: []auth.Scope{auth.API}})
	if _, err := s.clusters.Edit(admin, idOf(t, mine), cluster.EditRequest{ManagementProjectID: &neighbour.ProjectID}); err != nil {
		t.Fatal(err)
	}
	s.shows(ann.post(mine+"/edit", settings("acme/neighbour")), http.StatusSeeOther)
}

func TestFormsAreBounded(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	long := s.post("/users/1", url.Values{"action": {"promote"}, "more": {strings.Repeat("a", 2<<20)}})
	if long.status == http.StatusOK {
		t.Errorf("a form of two megabytes is read: %d", long.status)
	}
}

func TestAnAdministratorLetsAPersonIn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.shows(s.post("/users", url.Values{"username": {"ann"}}), http.StatusOK, "First sign-in")
	made := s.post("/users/2", url.Values{"action": {"token"}})
	s.shows(made, http.StatusOK, "not shown again")
	secret := regexp.MustCompile(`rsd_p_[0-9A-Za-z]{49}`).FindString(made.text)
	if secret == "" {
		t.Fatalf("no token in:\n%s", made.text)
	}
	s.shows(s.with(secret).get("/me/tokens"), http.StatusOK, "first sign-in", "<span>ann</span>")
	if strings.Contains(s.get("/users/2").text, secret) {
		t.Error("the token is shown again")
	}
}

func decimal(id int64) string { return strconv.FormatInt(id, 10) }

func idOf(t *testing.T, address string) int64 {
	t.Helper()
	id, err := strconv.ParseInt(address[strings.LastIndexByte(address, '/')+1:], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return id
}
