package gitlabapi

import (
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSegments(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		path string
		want []string // nil: nothing answers
	}{
		"plain":                      {"/api/v4/projects/7/clusters", []string{"projects", "7", "clusters"}},
		"escaped slash":              {"/api/v4/projects/acme%2Fshop/clusters", []string{"projects", "acme/shop", "clusters"}},
		"escaped slash, lower case":  {"/api/v4/projects/acme%2fshop", []string{"projects", "acme/shop"}},
		"escaped dot":                {"/api/v4/projects/acme%2Fweb%2Eshop", []string{"projects", "acme/web.shop"}},
		"plain dot":                  {"/api/v4/projects/acme%2Fweb.shop", []string{"projects", "acme/web.shop"}},
		"escaped dots are a name":    {"/api/v4/projects/%2E%2E/clusters", []string{"projects", "..", "clusters"}},
		"plain dots are a name":      {"/api/v4/projects/../clusters", []string{"projects", "..", "clusters"}},
		"escaped percent sign":       {"/api/v4/projects/a%252Fb", []string{"projects", "a%2Fb"}},
		"escaped question mark":      {"/api/v4/projects/a%3Fb", []string{"projects", "a?b"}},
		"slash at the end":           {"/api/v4/projects/", nil},
		"two slashes":                {"/api/v4//projects", nil},
		"two slashes further down":   {"/api/v4/projects//clusters", nil},
		"a slash of the path itself": {"/api/v4/projects/acme/shop/clusters", []string{"projects", "acme", "shop", "clusters"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address, err := url.ParseRequestURI(test.path)
			if err != nil {
				t.Fatal(err)
			}
			got, err := segments(address)
			if (err != nil) != (test.want == nil) {
				t.Fatalf("error = %v", err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestOwns(t *testing.T) {
	t.Parallel()
	tests := map[string]bool{
		"/api/v4": true, "/api/v4/": true, "/api/v4//x": true, "/api/v4/../v1": true,
		"/api/v4x": false, "/api/v1": false, "/api%2Fv4/x": false, "/": false,
	}
	for path, want := range tests {
		address, err := url.ParseRequestURI(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := Owns(address); got != want {
			t.Errorf("Owns(%s) = %t, want %t", path, got, want)
		}
	}
}

// Two routes that fit one path would make the order of the table part of the API.
func TestNoTwoRoutesFitOnePath(t *testing.T) {
	t.Parallel()
	routes := Routes()
	for i, a := range routes {
		for _, b := range routes[i+1:] {
			if a.Method == b.Method && len(a.parts) == len(b.parts) && overlap(a.parts, b.parts) && !fixedFirst(a.parts, b.parts) {
				t.Errorf("%s %s and %s fit one path", a.Method, a.Pattern, b.Pattern)
			}
		}
	}
}

func overlap(a, b []string) bool {
	for i := range a {
		if a[i] != b[i] && !strings.HasPrefix(a[i], ":") && !strings.HasPrefix(b[i], ":") {
			return false
		}
	}
	return true
}

// fixedFirst reports whether the first of two patterns is the narrower one, so that it is meant to win.
func fixedFirst(a, b []string) bool {
	for i := range a {
		if strings.HasPrefix(a[i], ":") && !strings.HasPrefix(b[i], ":") {
			return false
		}
	}
	return true
}
