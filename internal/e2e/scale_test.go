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
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/gitlabapi"
	"github.com/roadstead/roadstead/internal/store"
	"github.com/roadstead/roadstead/internal/storetest"
	"github.com/roadstead/roadstead/internal/tenant"
	"github.com/roadstead/roadstead/internal/web"
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
	clusters []int64
	visitors []visitor
	client   *http.Client
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
	tokens := o.fill(b, cfg)
	if err := o.start(b.Context()); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { o.process.Kill() })
	o.attachAll(b, tokens["administrator"], tokens["another administrator"])
	o.calm(b)
	for _, name := range []string{"administrator", "member of all"} {
		o.visitors = append(o.visitors, o.visitor(b, name, tokens[name]))
	}
	return o
}

// fill makes the organisation in the store, and tokens for those who visit it.
func (o *organisation) fill(b *testing.B, cfg store.Config) map[string]string {
	b.Helper()
	db, err := store.Open(b.Context(), cfg)
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	org := storetest.Seed(b, db, storetest.Large())
	o.groups, o.projects = org.Groups, org.Projects
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
		Store: db.Auth(), Access: auth.NewAccess(tenants), Now: time.Now, Log: slog.New(slog.DiscardHandler),
	}
	if _, err := users.SetAdmin(b.Context(), org.Users[1], true); err != nil {
		b.Fatal(err)
	}
	return map[string]string{
		"administrator": adminToken, "another administrator": tokenOf(b, users, org.Users[1]),
		"member of all": tokenOf(b, users, org.Users[0]),
	}
}

// tokenOf makes an access token for a user.
func tokenOf(b *testing.B, users *auth.Service, user int64) string {
	b.Helper()
	ctx := auth.WithIdentity(b.Context(), auth.Identity{UserID: user, Kind: auth.Person, Scopes: []auth.Scope{auth.API}})
	secret, _, err := users.CreateToken(ctx, auth.TokenRequest{Kind: auth.Personal, Name: "scale", Scopes: []auth.Scope{auth.API}})
	if err != nil {
		b.Fatal(err)
	}
	return secret
}

// attachAll attaches clusters at all levels, all the same one. It takes turns
// with tokens: nobody may change so much at once.
func (o *organisation) attachAll(b *testing.B, tokens ...string) {
	b.Helper()
	for i := range scaleClusters {
		body := map[string]string{
			"name": fmt.Sprintf("cluster-%04d", i), "api_url": shared.api, "token": shared.token,
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
		var made struct{ ID int64 }
		o.post(b, tokens[i%len(tokens)], "/api/v1/clusters", body, &made)
		o.clusters = append(o.clusters, made.ID)
	}
}

func (o *organisation) post(b *testing.B, token, path string, body, into any) {
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
	if err := json.NewDecoder(answer.Body).Decode(into); err != nil {
		b.Fatal(err)
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
func (o *organisation) visitor(b *testing.B, name, token string) visitor {
	b.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		b.Fatal(err)
	}
	form := url.Values{"token": {token}}
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
	header := http.Header{"Authorization": {"Bearer " + token}}
	for _, cookie := range jar.Cookies(request.URL) {
		header.Add("Cookie", cookie.String())
	}
	if header.Get("Cookie") == "" {
		b.Fatalf("%s could not sign in: %s", name, answer.Status)
	}
	return visitor{name: name, header: header}
}

// measure visits every route that a visitor may have.
func (o *organisation) measure(b *testing.B) {
	b.Helper()
	var timings []timing
	refused := map[string]int{}
	for _, v := range o.visitors {
		for _, route := range o.routes(b) {
			errand := errand{visitor: v, route: route, path: o.path(route)}
			if err := o.look(b.Context(), o.client, errand); err != nil {
				b.Log(err)
				refused[v.name]++
				continue
			}
			if _, err := o.visits(b.Context(), o.client, errand, warmVisits); err != nil {
				b.Errorf("%s: %v", route, err)
				continue
			}
			t, err := o.visits(b.Context(), o.client, errand, scaleVisits)
			if err != nil {
				b.Errorf("%s: %v", route, err)
				continue
			}
			timings = append(timings, t)
		}
	}
	o.report(b, timings, refused)
}

// report logs the slowest, and how many kept the promise.
func (o *organisation) report(b *testing.B, timings []timing, refused map[string]int) {
	b.Helper()
	slices.SortFunc(timings, func(x, y timing) int { return int(y.quantile(0.99) - x.quantile(0.99)) })
	kept := 0
	for i, t := range timings {
		if t.quantile(0.99) <= scaleLimit {
			kept++
		}
		if i < 20 || t.quantile(0.99) > scaleLimit {
			b.Logf("%6.1f ms p99 %6.1f ms median %6.1f ms best  %-14s %s", milliseconds(t.quantile(0.99)), milliseconds(t.quantile(0.5)),
				milliseconds(t.took[0]), t.errand.visitor.name, t.errand.route)
		}
	}
	b.Logf("%d of %d within %s; refused: %v", kept, len(timings), scaleLimit, refused)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(milliseconds(timings[0].quantile(0.99)), "ms-worst-p99")
	b.ReportMetric(milliseconds(timings[len(timings)/2].quantile(0.99)), "ms-median-p99")
	b.ReportMetric(float64(kept)/float64(len(timings)), "kept")
	b.ReportMetric(peakMB(b, o.server), "peak-MB")
}

// routes lists what can be read: the API's, GitLab's and the pages.
func (o *organisation) routes(b *testing.B) (routes []string) {
	b.Helper()
	var document struct {
		Paths map[string]map[string]any `json:"paths"`
	}
	if _, err := o.get(b.Context(), "/api/v1/openapi.json", &document); err != nil {
		b.Fatal(err)
	}
	for path, methods := range document.Paths {
		if methods["get"] != nil && path != "/api/v1/events" {
			routes = append(routes, path)
		}
	}
	for _, route := range gitlabapi.Routes() {
		if route.Method == http.MethodGet {
			routes = append(routes, gitlabapi.Prefix+route.Pattern)
		}
	}
	for _, route := range (&web.Handler{}).Routes() {
		if route.Method == http.MethodGet && route.Pattern != "/live" && route.Pattern != "/{$}" {
			routes = append(routes, route.Pattern)
		}
	}
	slices.Sort(routes)
	return routes
}

// path fills in the names of a route.
func (o *organisation) path(route string) string {
	group, project := strconv.FormatInt(o.groups[60].ID, 10), strconv.FormatInt(o.projects[561].ID, 10)
	cluster := strconv.FormatInt(o.clusters[len(o.clusters)-1], 10)
	id := group
	if strings.Contains(route, "/projects/") {
		id = project
	}
	path := strings.NewReplacer(
		"{group}", group, "{project}", project, "{environment}", "production", "{cluster}", cluster, "{user}", "user-1-1",
		"{name}", "ingress-nginx", ":user_id", "2", ":cluster_id", cluster, ":environment_id", "1", ":id", id,
	).Replace(route)
	switch {
	case strings.HasSuffix(route, "/search"), strings.HasSuffix(route, "/search/options"):
		path += "?q=billing"
	case strings.HasSuffix(route, "/explain"):
		path += "?environment=production"
	}
	return path
}
