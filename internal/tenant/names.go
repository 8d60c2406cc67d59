package tenant

import (
	"crypto/sha256"
	"fmt"
	"math/big"
	"regexp"
	"strings"

	"github.com/roadstead/roadstead/internal/apperr"
)

// Limits of names. Twenty levels of groups and paths of 255 characters are the
// predecessor's, so what was organised there fits here.
const (
	maxDepth       = 20
	maxPath        = 255
	maxEnvironment = 255
	maxSlug        = 24
)

// A path segment is what the predecessor allows. It never starts with a digit
// only, so that an id and a path cannot be confused.
var (
	segment         = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]*$`)
	digits          = regexp.MustCompile(`^[0-9]+$`)
	environmentName = regexp.MustCompile(`^[A-Za-z0-9_/\\$\{\}. -]+$`)
	notSlug         = regexp.MustCompile(`[^a-z0-9]+`)
)

func validatePath(path string) error {
	segments := strings.Split(path, "/")
	if len(path) > maxPath || len(segments) > maxDepth {
		return invalid("path", fmt.Sprintf("A path has at most %d characters and %d levels.", maxPath, maxDepth))
	}
	for _, s := range segments {
		if !segment.MatchString(s) || strings.HasSuffix(s, ".") || strings.HasSuffix(s, ".git") {
			return invalid("path", "Each part of a path has letters, digits, '_', '-' and '.', and does not begin with '-' or '.'.")
		}
	}
	if digits.MatchString(path) {
		return invalid("path", "A path of digits alone would be taken for an id.")
	}
	return nil
}

func validateEnvironmentName(name string) error {
	if name == "" || len(name) > maxEnvironment || !environmentName.MatchString(name) {
		return invalid("environment", "A name has letters, digits, spaces and - _ / \\ $ { } . and at most 255 characters.")
	}
	if name[0] == '/' || name[len(name)-1] == '/' {
		return invalid("environment", "A name does not begin or end with '/'.")
	}
	return nil
}

func errNoGroup(path string) error {
	return invalid("path", fmt.Sprintf("A project lives in a group: write GROUP/%s.", path))
}

func invalid(field, hint string) error {
	e := apperr.Of(apperr.ValidationFailed)
	return e.WithMessage(fmt.Sprintf("The %s is not acceptable.", field)).WithHint(hint)
}

// EnvironmentSlug returns the name in a form that fits Kubernetes names. A name
// that had to be changed or cut carries six characters of its hash, so that two
// names never share a slug. The rule is the predecessor's.
func EnvironmentSlug(name string) string {
	slug := notSlug.ReplaceAllString(strings.ToLower(name), "-")
	if slug == "" || slug[0] < 'a' || slug[0] > 'z' {
		slug = "env-" + strings.TrimPrefix(slug, "-")
	}
	if len(slug) > maxSlug || slug != name {
		slug = strings.TrimRight(cut(slug, maxSlug-7), "-") + "-" + shortHash(name)
	}
	return strings.TrimRight(slug, "-")
}

func shortHash(name string) string {
	sum := sha256.Sum256([]byte(name))
	text := new(big.Int).SetBytes(sum[:]).Text(36)
	return text[len(text)-6:]
}

func cut(s string, n int) string {
	if len(s) > n {
		return s[:n]
	}
	return s
}
