package kube

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/roadstead/roadstead/internal/apperr"
)

// request is what a URL asks of an API server.
type request struct {
	verb, group, version, resource, subresource, namespace, name string
}

// stream reports whether the answer has no end of its own.
func (r request) stream() bool { return r.verb == "watch" || r.subresource == "log" }

// public reports whether API servers answer without looking at the token.
func (r request) public() bool { return r.version == "" && slices.Contains(pages[:], r.resource) }

// parseRequest reads method and URL by the closed lists of groups.go; what is not on them is refused. The base
// path of the server's URL must be in front.
func parseRequest(method string, u *url.URL, base string) (request, error) {
	path, ok := strings.CutPrefix(u.Path, base+"/")
	if !ok || u.RawPath != "" || !slices.Contains(methods[:], method) {
		return request{}, errUnsupported
	}
	parts := strings.Split(path, "/")
	for _, p := range parts {
		if p == "" || p == "." || p == ".." || strings.ContainsAny(p, "%\\;?#") {
			return request{}, errUnsupported
		}
	}
	r, err := parsePath(parts)
	if err != nil {
		return request{}, err
	}
	r.verb, err = verbOf(method, r, u.Query())
	return r, err
}

var errUnsupported = apperr.Of(apperr.ClusterUnsupported)

func parsePath(parts []string) (request, error) {
	if len(parts) == 1 && slices.Contains(pages[:], parts[0]) {
		return request{resource: parts[0]}, nil
	}
	var r request
	switch {
	case parts[0] == "api":
		parts = parts[1:]
	case parts[0] == "apis" && len(parts) > 1:
		r.group, parts = parts[1], parts[2:]
	default:
		return request{}, errUnsupported
	}
	if _, ok := findGroup(r.group); !ok {
		return request{}, errUnsupported
	}
	if len(parts) == 0 {
		return r, nil
	}
	r.version = parts[0]
	return parseObject(r, parts[1:])
}

// parseObject reads [namespaces/NAMESPACE/]RESOURCE[/NAME[/SUBRESOURCE]].
func parseObject(r request, parts []string) (request, error) {
	if len(parts) > 2 && parts[0] == "namespaces" && !slices.Contains(subresources[:], parts[2]) {
		r.namespace, parts = parts[1], parts[2:]
	}
	if len(parts) > 3 {
		return request{}, errUnsupported
	}
	for i, field := range []*string{&r.resource, &r.name, &r.subresource} {
		if i < len(parts) {
			*field = parts[i]
		}
	}
	if !slices.Contains(subresources[:], r.subresource) {
		return request{}, errUnsupported
	}
	return r, nil
}

// verbOf names what a request does in the words of Kubernetes' own authorization.
func verbOf(method string, r request, query url.Values) (string, error) {
	switch {
	case method == http.MethodGet && (query.Get("watch") == "true" || query.Get("watch") == "1"):
		return "watch", nil
	case method == http.MethodGet && r.name == "" && r.resource != "" && r.version != "":
		return "list", nil
	case method == http.MethodGet:
		return "get", nil
	case r.resource == "" || r.version == "":
		return "", errUnsupported
	case method == http.MethodPost:
		return "create", nil
	case r.name == "":
		return "", errUnsupported // changing or deleting a whole collection
	}
	return strings.ToLower(method), nil
}
