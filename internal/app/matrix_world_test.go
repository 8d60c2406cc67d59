package app

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/roadstead/roadstead/internal/application"
	"github.com/roadstead/roadstead/internal/audit"
	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/config"
	"github.com/roadstead/roadstead/internal/namespace"
	"github.com/roadstead/roadstead/internal/provision"
	"github.com/roadstead/roadstead/internal/secret"
	"github.com/roadstead/roadstead/internal/tenant"
)

// matrix is a server's web half, with something of everything at every level.
type matrix struct {
	t       *testing.T
	core    *core
	handler http.Handler
	users   *auth.Service
	rules   map[auth.Ability]auth.Rule
	people  []person
	ctx     context.Context //nolint:containedctx // the administrator's, for preparation
	n       int
	// prefix is that of the paths which are called.
	prefix string
	// proved are the routes that succeeded for somebody.
	proved map[string]bool

	team, other   tenant.Group
	shop          tenant.Project
	clusters, ops map[about]int64
	roles, runs   map[about]int64
	teamToken     auth.Token
}

func newMatrix(t *testing.T) *matrix {
	t.Helper()
	cfg := config.Config{DataDir: t.TempDir(), Role: config.RoleAll, AdminToken: "an administrator's token of 32 characters"}.WithDefaults()
	if err := InitSecrets(cfg); err != nil {
		t.Fatal(err)
	}
	c, err := openCore(t.Context(), cfg, "1.2.3", slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelError})))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.close(context.Background()) })
	m := &matrix{t: t, core: c, rules: map[auth.Ability]auth.Rule{}, prefix: "/api/v1", proved: map[string]bool{}}
	if m.handler, err = c.webHandler(cfg, "1.2.3", io.Discard); err != nil {
		t.Fatal(err)
	}
	hash, err := adminToken(cfg, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	m.users = &auth.Service{Store: c.db.Auth(), Access: auth.NewAccess(c.tenants), Settings: c.settings, AdminHash: hash, Now: now, Log: c.log}
	for _, rule := range auth.Matrix() {
		m.rules[rule.Ability] = rule
	}
	m.ctx = auth.WithIdentity(t.Context(), auth.Identity{
		UserID: auth.AdministratorID, Name: "administrator", Kind: auth.Person, Admin: true, Scopes: []auth.Scope{auth.API},
	})
	m.fill()
	m.invite()
	return m
}

func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// next is a name that nothing has.
func (m *matrix) next(prefix string) string {
	m.n++
	return fmt.Sprintf("%s-%d", prefix, m.n)
}

// fill makes acme with its group team and the project shop, another group, and a cluster at every level.
func (m *matrix) fill() {
	m.group("acme")
	m.team, m.other = m.group("acme/team"), m.group("other")
	m.shop = m.project("acme/team/shop")
	m.clusters = map[about]int64{
		hidden: m.attach(hidden, "*", "shared").ID, team: m.attach(team, "*", "shared").ID, shop: m.attach(shop, "*", "").ID,
	}
	m.namespace("production")
	m.ops = map[about]int64{}
	for at, id := range m.clusters {
		op := must(m.core.applications.Install(m.ctx, application.InstallRequest{ClusterID: id, Name: "prometheus", Admin: true}))(m.t)
		m.ops[at] = op.ID
	}
	m.roles = map[about]int64{hidden: m.role(hidden).ID, team: m.role(team).ID}
	m.runs = map[about]int64{hidden: m.run(hidden), team: m.run(team)}
	m.teamToken = m.token(auth.TokenRequest{Kind: auth.GroupToken, GroupID: m.team.ID, Role: tenant.Guest})
}

func (m *matrix) group(path string) tenant.Group {
	return must(m.core.tenants.CreateGroup(m.ctx, tenant.NewGroup{Path: path}))(m.t)
}

func (m *matrix) project(path string) tenant.Project {
	return must(m.core.tenants.CreateProject(m.ctx, tenant.NewProject{Path: path}))(m.t)
}

func (m *matrix) environment(name string) tenant.Environment {
	return must(m.core.tenants.CreateEnvironment(m.ctx, tenant.NewEnvironment{ProjectID: m.shop.ID, Name: name}))(m.t)
}

func (m *matrix) namespace(environment string) namespace.Namespace {
	return must(m.core.namespaces.Ensure(m.ctx, namespace.EnsureRequest{ProjectID: m.shop.ID, Environment: environment}))(m.t)
}

// wanted is a cluster at a level, at an address of its own.
func (m *matrix) wanted(at about, scope, name string) cluster.AttachRequest {
	r := cluster.AttachRequest{
		Name: m.next("cluster"), Level: cluster.Instance, EnvironmentScope: scope,
		APIURL: "https://" + m.next("k8s") + ".example.com", Token: secret.NewValue([]byte("token")),
	}
	if name != "" {
		r.Name = name
	}
	switch at {
	case team:
		r.Level, r.GroupID = cluster.Group, m.team.ID
	case shop:
		r.Level, r.ProjectID = cluster.Project, m.shop.ID
	case anybody, everyone, instance, hidden:
	}
	return r
}

func (m *matrix) attach(at about, scope, name string) cluster.Cluster {
	return must(m.core.clusters.Attach(m.ctx, m.wanted(at, scope, name)))(m.t)
}

// fresh is a cluster that nobody needs.
func (m *matrix) fresh(at about) int64 { return m.attach(at, m.next("scope"), "").ID }

// draft is one of that person's making, at the administrator's expense: he may have as many as he likes.
func (m *matrix) draft(at about, who person) int64 {
	r := m.wanted(at, m.next("scope"), "")
	r.Draft = true
	ctx := audit.WithActor(m.ctx, audit.Actor{Kind: audit.User, UserID: who.user.ID, Name: who.user.Username})
	return must(m.core.clusters.Attach(ctx, r))(m.t).ID
}

func (m *matrix) role(at about) provision.Role {
	r := provision.NewRole{Name: m.next("role"), Level: cluster.Instance, Region: "eu-west-1"}
	if at == team {
		r.Level, r.GroupID = cluster.Group, m.team.ID
	}
	return must(m.core.provisions.AddRole(m.ctx, r))(m.t)
}

func (m *matrix) run(at about) (id int64) {
	err := m.core.db.Provision().Atomically(m.ctx, func(tx provision.Tx) error {
		role, err := tx.Role(m.ctx, m.roles[at])
		if err != nil {
			return err
		}
		reserved, err := tx.NextClusterID(m.ctx)
		if err != nil {
			return err
		}
		run, err := tx.InsertRun(m.ctx, provision.Run{
			UUID: m.next("uuid"), RoleID: role.ID, Level: role.Level, GroupID: role.GroupID, ClusterID: reserved,
			Spec: provision.Spec{Name: m.next("run")}, State: provision.Pending, Attempt: 1, CreatedAt: now(),
		})
		id = run.ID
		return err
	})
	if err != nil {
		m.t.Fatal(err)
	}
	return id
}

func (m *matrix) token(r auth.TokenRequest) auth.Token {
	r.Name, r.Scopes = m.next("token"), []auth.Scope{auth.ReadAPI}
	_, token, err := m.users.CreateToken(m.ctx, r)
	return must(token, err)(m.t)
}

// invite makes one person for every role at every level, one who is no longer a member, a stranger and an administrator.
func (m *matrix) invite() {
	m.people = append(m.people, person{name: "nobody"}, m.joined("stranger", person{}, tenant.Place{}, tenant.NoRole))
	m.people = append(m.people, m.joined("owner of another group", person{}, tenant.Place{GroupID: m.other.ID}, tenant.Owner))
	for _, role := range tenant.Roles() {
		above := must(m.core.tenants.Group(m.ctx, "acme"))(m.t)
		m.people = append(m.people,
			m.joined(role.String()+" of the project", person{inShop: role, direct: true}, tenant.Place{ProjectID: m.shop.ID}, role),
			m.joined(role.String()+" of the group", person{inTeam: role, inShop: role}, tenant.Place{GroupID: m.team.ID}, role),
			m.joined(role.String()+" of the group above", person{inTeam: role, inShop: role}, tenant.Place{GroupID: above.ID}, role))
	}
	m.people = append(m.people, m.expired(m.joined("once an owner", person{}, tenant.Place{GroupID: m.team.ID}, tenant.Owner)))
	admin := m.joined("administrator", person{}, tenant.Place{}, tenant.NoRole)
	admin.user = must(m.users.SetAdmin(m.ctx, admin.user.ID, true))(m.t)
	m.people = append(m.people, admin)
}

func (m *matrix) joined(name string, p person, at tenant.Place, role tenant.Role) person {
	p.name = name
	p.user = must(m.users.CreateUser(m.ctx, auth.NewUser{Profile: auth.Profile{Username: m.next("user")}}))(m.t)
	if role != tenant.NoRole {
		m.member(at, p.user.ID, role)
	}
	p.tokens = map[auth.Scope]string{}
	for _, scope := range []auth.Scope{auth.API, auth.ReadAPI} {
		text, _, err := m.users.CreateToken(m.as(p), auth.TokenRequest{Kind: auth.Personal, Name: "matrix", Scopes: []auth.Scope{scope}})
		p.tokens[scope] = must(text, err)(m.t)
	}
	return p
}

// as is a context in which the person acts.
func (m *matrix) as(p person) context.Context {
	return auth.WithIdentity(m.t.Context(), auth.Identity{
		UserID: p.user.ID, Name: p.user.Username, Kind: auth.Person, Admin: p.user.Admin, Scopes: []auth.Scope{auth.API},
	})
}

func (m *matrix) member(at tenant.Place, userID int64, role tenant.Role) {
	must(m.core.tenants.AddMember(m.ctx, tenant.Granter{Admin: true}, tenant.NewMember{Place: at, UserID: userID, Role: role}))(m.t)
}

// expired ends a membership in the past, which only time can do.
func (m *matrix) expired(p person) person {
	err := m.core.db.Tenant().Atomically(m.ctx, func(tx tenant.Tx) error {
		held, err := tx.Member(m.ctx, tenant.Place{GroupID: m.team.ID}, p.user.ID)
		if err != nil {
			return err
		}
		held.ExpiresAt = now().Add(-time.Minute)
		return tx.UpdateMember(m.ctx, held.Member)
	})
	if err != nil {
		m.t.Fatal(err)
	}
	return p
}

func (m *matrix) person(name string) person {
	for _, p := range m.people {
		if p.name == name {
			return p
		}
	}
	m.t.Fatalf("nobody is %s", name)
	return person{}
}

// stranger is a user who is no member of anything.
func (m *matrix) stranger() auth.User {
	return must(m.users.CreateUser(m.ctx, auth.NewUser{Profile: auth.Profile{Username: m.next("user")}}))(m.t)
}

// project that the person may do the same in as in the shop.
func (m *matrix) likeShop(who person) tenant.Project {
	p := m.project("acme/team/" + m.next("project"))
	if who.direct {
		m.member(tenant.Place{ProjectID: p.ID}, who.user.ID, who.inShop)
	}
	return p
}
