package tenant_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/tenant"
)

func TestEnvironmentSlug(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"production":               "production",
		"staging-2":                "staging-2",
		"twenty-four-characters-x": "twenty-four-characters-x",
	} {
		if got := tenant.EnvironmentSlug(name); got != want {
			t.Errorf("EnvironmentSlug(%q) = %q, want %q", name, got, want)
		}
	}
	for name, prefix := range map[string]string{
		"review/feature":                  "review-feature-",
		"Production":                      "production-",
		"42":                              "env-42-",
		"a-name-that-is-much-too-long-by": "a-name-that-is-mu-",
	} {
		if got := tenant.EnvironmentSlug(name); !strings.HasPrefix(got, prefix) {
			t.Errorf("EnvironmentSlug(%q) = %q, want the prefix %q", name, got, prefix)
		}
	}
}

func TestEnvironmentSlugFitsKubernetes(t *testing.T) {
	t.Parallel()
	label := regexp.MustCompile(`^[a-z][a-z0-9-]{0,22}[a-z0-9]$|^[a-z]$`)
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringMatching(`[A-Za-z0-9_/. -]{1,80}`).Draw(t, "name")
		if got := tenant.EnvironmentSlug(name); !label.MatchString(got) {
			t.Fatalf("EnvironmentSlug(%q) = %q", name, got)
		}
	})
}

func TestPathsThatAreRefused(t *testing.T) {
	t.Parallel()
	service := &tenant.Service{Now: time.Now}
	for _, path := range []string{"", "/acme", "acme/", "a//b", "-a", "a b", "42", ".", "..", "a/..", "x.git", "x.Atom", "api", "API/shop", "-", "static/x", strings.Repeat("a/", 20) + "a"} {
		if _, err := service.CreateGroup(t.Context(), tenant.NewGroup{Path: path}); apperr.CodeOf(err) != apperr.ValidationFailed {
			t.Errorf("CreateGroup(%q): %v, want validation_failed", path, err)
		}
	}
	if _, err := service.CreateProject(t.Context(), tenant.NewProject{Path: "shop"}); apperr.CodeOf(err) != apperr.ValidationFailed {
		t.Errorf("a project outside a group: %v, want validation_failed", err)
	}
}
