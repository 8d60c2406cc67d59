package gitlabapi

import (
	"net/url"
	"strings"
)

// Prefix is the path that everything here lives under.
const Prefix = "/api/v4"

// Owns reports whether a path belongs to this API. Whoever routes asks before a [http.ServeMux] does: that one cleans
// paths and answers unclean ones with a redirect, which no client of this API expects.
func Owns(u *url.URL) bool {
	path := u.EscapedPath()
	return path == Prefix || strings.HasPrefix(path, Prefix+"/")
}

// segments splits a path below the prefix as it was sent, and decodes each part by itself: a slash or a dot that was
// escaped belongs to a name. The base itself has none.
func segments(u *url.URL) ([]string, error) {
	rest := strings.TrimPrefix(strings.TrimPrefix(u.EscapedPath(), Prefix), "/")
	if rest == "" {
		return nil, nil
	}
	return decode(strings.Split(rest, "/"))
}

func decode(parts []string) ([]string, error) {
	for i, part := range parts {
		decoded, err := url.PathUnescape(part)
		if err != nil || part == "" {
			return nil, notFound()
		}
		parts[i] = decoded
	}
	return parts, nil
}

// match compares the parts of a path with a pattern like /projects/:id/clusters, and returns what stood for its names.
func match(pattern, parts []string) (map[string]string, bool) {
	if len(pattern) != len(parts) {
		return nil, false
	}
	var found map[string]string
	for i, want := range pattern {
		name, variable := strings.CutPrefix(want, ":")
		switch {
		case variable && found == nil:
			found = map[string]string{name: parts[i]}
		case variable:
			found[name] = parts[i]
		case want != parts[i]:
			return nil, false
		}
	}
	return found, true
}
