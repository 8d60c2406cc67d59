package e2e_test

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/roadstead/roadstead/internal/gitlabapi"
	"github.com/roadstead/roadstead/internal/web"
)

// measure visits every route as everybody, and fails the benchmark for one that
// does not answer as it should.
func (o *organisation) measure(b *testing.B) {
	b.Helper()
	var timings []timing
	routes := o.routes(b)
	for _, v := range o.visitors {
		for _, route := range routes {
			errand := errand{visitor: v, route: route, path: o.path(v, route)}
			if !v.admin && slices.Contains(forAdministrators(), route) {
				o.refused(b, errand)
				continue
			}
			t, err := o.timed(b, errand)
			if err != nil {
				b.Errorf("%s: %v", route, err)
				continue
			}
			timings = append(timings, t)
		}
	}
	o.report(b, timings)
}

// timed visits a route until its answers are warm, and then to measure them.
func (o *organisation) timed(b *testing.B, e errand) (timing, error) {
	b.Helper()
	if err := o.look(b.Context(), o.client, e); err != nil {
		return timing{}, err
	}
	if _, err := o.visits(b.Context(), o.client, e, warmVisits); err != nil {
		return timing{}, err
	}
	return o.visits(b.Context(), o.client, e, scaleVisits)
}

// refused makes sure that a route is not for the visitor.
func (o *organisation) refused(b *testing.B, e errand) {
	b.Helper()
	if err := o.look(b.Context(), o.client, e); err == nil || !strings.Contains(err.Error(), http.StatusText(http.StatusForbidden)) {
		b.Errorf("%s is not refused to %s: %v", e.route, e.visitor.name, err)
	}
}

// report logs the slowest, and how many kept the promise.
func (o *organisation) report(b *testing.B, timings []timing) {
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
	b.Logf("%d of %d within %s", kept, len(timings), scaleLimit)
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
		if methods["get"] != nil {
			routes = append(routes, path)
		}
	}
	for _, route := range gitlabapi.Routes() {
		if route.Method == http.MethodGet {
			routes = append(routes, gitlabapi.Prefix+route.Pattern)
		}
	}
	for _, route := range (&web.Handler{}).Routes() {
		if route.Method == http.MethodGet {
			routes = append(routes, route.Pattern)
		}
	}
	slices.Sort(routes)
	return slices.DeleteFunc(routes, func(route string) bool { return slices.Contains(notAsked(), route) })
}

// notAsked are routes that have no end, or that answer nobody before an
// identity provider does.
func notAsked() []string {
	return []string{
		"/api/v1/events", "/live", "/sign-in/oidc", "/sign-in/oidc/callback", "/sign-in/oidc/sign-out", "/sign-in/oidc/signed-out",
	}
}

// forAdministrators are routes about the instance, which is nobody else's.
func forAdministrators() []string {
	return []string{
		"/api/v1/audit", "/api/v1/settings", "/api/v1/users/{user}/identities", "/api/v4/admin/clusters",
		"/api/v4/admin/clusters/:cluster_id", "/audit", "/clusters", "/clusters/new", "/eks", "/eks/new", "/eks/roles/new",
		"/groups/new", "/service-tokens", "/settings", "/users", "/users/{user}",
	}
}

// path fills in the names of a route.
func (o *organisation) path(v visitor, route string) string {
	n, id := o.names, o.names.group.ID
	group, clusterID := n.group.ID, n.groups
	switch {
	case strings.Contains(route, "/projects/"):
		id, clusterID = n.project.ID, n.projects
	case strings.Contains(route, "/admin/"):
		clusterID = n.shared
	case strings.HasSuffix(route, "/grants/{group}"):
		group = n.granted.ID
	}
	environment := n.environment
	if !strings.HasPrefix(route, "/api/") {
		environment = decimal(n.environmentID)
	}
	path := strings.NewReplacer(
		"{group}", decimal(group), "{project}", decimal(n.project.ID), "{environment}", environment, "{cluster}", decimal(clusterID),
		"{user}", decimal(n.user), "{name}", n.app, "{operation}", decimal(n.operation), "{role}", decimal(n.role), "{run}", decimal(n.run),
		"{token}", decimal(v.token), "{$}", "", ":user_id", decimal(n.user), ":cluster_id", decimal(clusterID),
		":environment_id", decimal(n.environmentID), ":token_id", decimal(v.token), ":id", decimal(id),
	).Replace(route)
	switch {
	case strings.HasSuffix(route, "/search"), strings.HasSuffix(route, "/search/options"):
		path += "?q=billing"
	case strings.HasSuffix(route, "/explain"):
		path += "?environment=" + n.environment
	}
	return path
}

func decimal(id int64) string { return strconv.FormatInt(id, 10) }
