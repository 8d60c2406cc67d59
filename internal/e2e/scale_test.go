package e2e_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/setting"
	"github.com/roadstead/roadstead/internal/store"
	"github.com/roadstead/roadstead/internal/storetest"
	"github.com/roadstead/roadstead/internal/tenant"
)

const (
	scaleClusters = 1000
	scaleLimit    = 25 * time.Millisecond
	// scaleVisits are two seconds at the pace, and few enough that one bad answer
	// in a hundred is the most that a 99th percentile leaves out.
	scaleVisits = 100
	// warmVisits come before those that are timed.
	warmVisits = 10
)

// BenchmarkScale asks for every page and endpoint in an organisation of ten
// thousand projects and a thousand clusters, one after the other at 50 requests
// a second: as an administrator, and as somebody who may see everything because
// he is a member of it. It reports the slowest of the 99th percentiles.
func BenchmarkScale(b *testing.B) {
	for name, open := range storetest.Databases() {
		b.Run(name, func(b *testing.B) {
			o := newOrganisation(b, open(b))
			for b.Loop() {
				o.measure(b)
			}
		})
	}
}

// organisation is a server with many groups, projects, members and clusters.
type organisation struct {
	*server

	groups   []tenant.Group
	projects []tenant.Project
	visitors []visitor
	client   *http.Client
	// names fill in what routes are about.
	names sights
}

// newOrganisation fills a store and starts a server on it.
func newOrganisation(b *testing.B, cfg store.Config) *organisation {
	b.Helper()
	o := &organisation{
		server: &server{bin: filepath.Join(shared.bin, "roadstead"), dir: b.TempDir(), token: adminToken},
		client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: requestsPerSecond}, Timeout: time.Minute},
	}
	if cfg.DatabaseURL == "" {
		cfg.DataDir = filepath.Join(o.dir, "data")
	} else {
		o.env = append(o.env, "ROADSTEAD_DATABASE_URL="+cfg.DatabaseURL)
	}
	people := o.fill(b, cfg)
	o.addEntry(b, o.names.app, "web", "")
	o.useFakeAWS(b)
	if err := o.start(b.Context()); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { o.process.Kill() })
	o.furnish(b)
	o.attachAll(b, people["administrator"].token, people["another administrator"].token)
	o.calm(b)
	for _, name := range []string{"administrator", "member of all"} {
		o.visitors = append(o.visitors, o.visitor(b, name, people[name]))
	}
	return o
}

// fill makes the organisation in the store, and tokens for those who visit it.
func (o *organisation) fill(b *testing.B, cfg store.Config) map[string]pass {
	b.Helper()
	db, err := store.Open(b.Context(), cfg)
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	org := storetest.Seed(b, db, storetest.Large())
	o.groups, o.projects = org.Groups, org.Projects
	o.names = choose(org)
	o.names.role, o.names.run = seedCloud(b, db.Provision(), o.names.group.ID)
	tenants := &tenant.Service{Store: db.Tenant(), Now: time.Now}
	for _, g := range org.Groups {
		if g.ParentID != 0 || g.ID == 1 {
			continue
		}
		_, err := tenants.AddMember(b.Context(), tenant.Granter{Role: tenant.Owner, Admin: true}, tenant.NewMember{
			Place: tenant.Place{GroupID: g.ID}, UserID: org.Users[0], Role: tenant.Owner,
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	users := &auth.Service{
		Store: db.Auth(), Access: auth.NewAccess(tenants), Settings: &setting.Service{Store: db.Settings()}, Now: time.Now, Log: slog.New(slog.DiscardHandler),
	}
	if _, err := users.SetAdmin(b.Context(), org.Users[1], true); err != nil {
		b.Fatal(err)
	}
	return map[string]pass{
		"administrator": tokenOf(b, users, auth.AdministratorID), "another administrator": tokenOf(b, users, org.Users[1]),
		"member of all": tokenOf(b, users, org.Users[0]),
	}
}

// pass is an access token and its id.
type pass struct {
	token string
	id    int64
}

// tokenOf makes an access token for a user.
func tokenOf(b *testing.B, users *auth.Service, user int64) pass {
	b.Helper()
	ctx := auth.WithIdentity(b.Context(), auth.Identity{UserID: user, Kind: auth.Person, Scopes: []auth.Scope{auth.API}})
	secret, token, err := users.CreateToken(ctx, auth.TokenRequest{Kind: auth.Personal, Name: "scale", Scopes: []auth.Scope{auth.API}})
	if err != nil {
		b.Fatal(err)
	}
	return pass{secret, token.ID}
}

// attachAll attaches clusters at all levels, all the same one. It takes turns
// with tokens: nobody may change so much at once.
func (o *organisation) attachAll(b *testing.B, tokens ...string) {
	b.Helper()
	for i := range scaleClusters {
		body := map[string]string{
			"name": fmt.Sprintf("billing-%04d", i), "api_url": shared.api, "token": shared.token,
			"environment_scope": fmt.Sprintf("stage-%d/*", i),
		}
		switch {
		case i%10 == 0:
			body["level"] = "instance"
		case i%2 == 0:
			body["level"], body["group"] = "group", strconv.FormatInt(o.groups[i%len(o.groups)].ID, 10)
		default:
			body["level"], body["project"] = "project", strconv.FormatInt(o.projects[i%len(o.projects)].ID, 10)
		}
		o.post(b, tokens[i%len(tokens)], "/api/v1/clusters", body)
	}
}

func (o *organisation) post(b *testing.B, token, path string, body any) {
	b.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		b.Fatal(err)
	}
	request, err := http.NewRequestWithContext(b.Context(), http.MethodPost, "http://"+o.address+path, bytes.NewReader(text))
	if err != nil {
		b.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Content-Type", "application/json")
	answer, err := o.client.Do(request)
	if err != nil {
		b.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusCreated {
		b.Fatalf("%s: %s", path, answer.Status)
	}
}

var workInHand = regexp.MustCompile(`(?m)^roadstead_work_(due|running)\{[^}]*\} [1-9]`)

// calm waits until the server has had nothing to do for five seconds: until the
// first checks of the clusters are over.
func (o *organisation) calm(b *testing.B) {
	b.Helper()
	for quiet := 0; quiet < 5; quiet++ {
		if <-time.After(time.Second); workInHand.Match(o.read(b, "/metrics")) {
			quiet = -1
		}
	}
}

// visitor signs somebody in, so that he has a token for the API and a cookie for
// the pages.
func (o *organisation) visitor(b *testing.B, name string, p pass) visitor {
	b.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		b.Fatal(err)
	}
	form := url.Values{"token": {p.token}}
	request, err := http.NewRequestWithContext(b.Context(), http.MethodPost, "http://"+o.address+"/sign-in", strings.NewReader(form.Encode()))
	if err != nil {
		b.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := (&http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).Do(request)
	if err != nil {
		b.Fatal(err)
	}
	answer.Body.Close()
	header := http.Header{"Authorization": {"Bearer " + p.token}}
	for _, cookie := range jar.Cookies(request.URL) {
		header.Add("Cookie", cookie.String())
	}
	if header.Get("Cookie") == "" {
		b.Fatalf("%s could not sign in: %s", name, answer.Status)
	}
	return visitor{name: name, header: header, admin: name == "administrator", token: p.id}
}
