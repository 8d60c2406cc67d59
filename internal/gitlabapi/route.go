package gitlabapi

import (
	"net/http"
	"slices"
	"strings"

	"github.com/roadstead/roadstead/internal/auth"
)

// Level says what a route is about, and with that whose roles count.
type Level string

// The levels.
const (
	// Self is what everybody may ask for himself. Lists are of it: they hold what the caller may see.
	Self     Level = "self"
	Instance Level = "instance"
	Group    Level = "group"
	Project  Level = "project"
)

// Route is one endpoint and who may call it.
type Route struct {
	Method string
	// Pattern is a path below the prefix in which :name stands for one part, for example /projects/:id/clusters.
	Pattern string
	// Ability is what the caller needs at the level; none at that of himself.
	Ability auth.Ability
	Level   Level
	// Field names the parameter that holds the id of the group in question. It is id, which is in the path, or one of
	// the body: then the question is about the instance where that is absent.
	Field string

	params []param
	handle func(*Handler, *call) (answer, error)
	parts  []string
}

// Routes returns every endpoint. It is the only place that says who may call what.
func Routes() []Route {
	routes := slices.Concat(
		metaRoutes(), userRoutes(), tokenRoutes(), groupRoutes(), projectRoutes(), memberRoutes(), environmentRoutes(), clusterRoutes(),
	)
	for i := range routes {
		routes[i].parts = strings.Split(strings.TrimPrefix(routes[i].Pattern, "/"), "/")
		if routes[i].Field == "" {
			routes[i].Field = "id"
		}
	}
	return routes
}

// find looks up the route of a request.
func (c *call) find(routes []Route) error {
	parts, err := segments(c.request.URL)
	if err != nil {
		return err
	}
	method := c.request.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	var others []string
	for _, route := range routes {
		found, ok := match(route.parts, parts)
		if !ok {
			continue
		}
		if route.Method == method {
			c.route, c.path = route, found
			c.request.Pattern = route.Method + " " + Prefix + route.Pattern
			return nil
		}
		others = append(others, route.Method)
	}
	if len(others) == 0 {
		return notFound()
	}
	refusal := refused(http.StatusMethodNotAllowed, "405 Not Allowed")
	refusal.header = http.Header{"Allow": {strings.Join(others, ", ")}}
	return refusal
}
