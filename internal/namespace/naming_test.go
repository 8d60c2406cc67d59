package namespace_test

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/namespace"
	"github.com/roadstead/roadstead/internal/tenant"
)

// perEnvironment is a cluster in which every environment has a namespace.
var perEnvironment = cluster.Cluster{Managed: true, NamespacePerEnvironment: true}

// The cluster's settings decide, as the predecessor's do.
func TestNameByTheClusterItIsIn(t *testing.T) {
	t.Parallel()
	for want, home := range map[string]cluster.Cluster{
		"shop-7-production": perEnvironment,
		"shop-7":            {Managed: true},
		"team-production":   {Managed: true, NamespacePerEnvironment: true, Platform: cluster.Platform{Namespace: "team"}},
		"team":              {Managed: true, Platform: cluster.Platform{Namespace: "team"}},
		"theirs":            {NamespacePerEnvironment: true, Platform: cluster.Platform{Namespace: "theirs"}},
		strings.Repeat("t", 52) + "-production": {
			Managed: true, NamespacePerEnvironment: true, Platform: cluster.Platform{Namespace: strings.Repeat("t", 63)},
		},
	} {
		got := namespace.Name(home, tenant.Project{ID: 7, Path: "acme/shop"}, tenant.Environment{Slug: "production"})
		if got != want {
			t.Errorf("in %+v the name is %q, want %q", home, got, want)
		}
	}
}

func TestName(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"acme/shop":           "shop-7-production",
		"acme/platform/Shop_": "shop--7-production",
		"acme/_x":             "x-7-production",
		"acme/a-project-with-a-path-of-many-many-characters-to-be-cut-off": "a-project-with-a-path-of-many-many-characters-to-b-7-production",
	} {
		got := namespace.Name(perEnvironment, tenant.Project{ID: 7, Path: path}, tenant.Environment{Slug: "production"})
		if got != want {
			t.Errorf("Name(%q) = %q, want %q", path, got, want)
		}
	}
}

func TestNameIsALabelOfItsProject(t *testing.T) {
	t.Parallel()
	label := regexp.MustCompile(`^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$`)
	rapid.Check(t, func(t *rapid.T) {
		path := "g/" + rapid.StringMatching(`[A-Za-z0-9_][A-Za-z0-9_.-]{0,100}`).Draw(t, "path")
		slug := tenant.EnvironmentSlug(rapid.StringMatching(`[A-Za-z0-9 /-]{1,40}`).Draw(t, "environment"))
		id := rapid.Int64Range(1, 1<<50).Draw(t, "id")
		if got := namespace.Name(perEnvironment, tenant.Project{ID: id, Path: path}, tenant.Environment{Slug: slug}); !label.MatchString(got) {
			t.Fatalf("Name(%q, %d, %q) = %q", path, id, slug, got)
		}
	})
}
