package tenant

import (
	"crypto/sha256"
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/roadstead/roadstead/internal/apperr"
)

// Limits of names. Twenty levels of groups and paths of 255 characters are the
// predecessor's, so what was organised there fits here.
const (
	maxDepth       = 20
	maxPath        = 255
	maxName        = 255
	maxDescription = 2000
	maxEnvironment = 255
	maxSlug        = 24
)

// A path segment is what the predecessor allows. It never starts with a digit
// only, so that an id and a path cannot be confused.
var (
	segment         = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]*$`)
	shownName       = regexp.MustCompile(`^[\p{L}\p{N}\p{So}_][\p{L}\p{M}\p{N}\p{So}\p{Pd}_.+,&'()/ \x{200d}\x{fe0f}\x{1f3fb}-\x{1f3ff}-]*$`)
	digits          = regexp.MustCompile(`^[0-9]+$`)
	environmentName = regexp.MustCompile(`^[A-Za-z0-9_/\\$\{\}. -]+$`)
	notSlug         = regexp.MustCompile(`[^a-z0-9]+`)
)

func validatePath(path string) error {
	segments := strings.Split(path, "/")
	if len(path) > maxPath || len(segments) > maxDepth {
		return errLong()
	}
	for _, s := range segments {
		if !segment.MatchString(s) || badEnding(s) {
			return invalid("path", "Each part of a path has letters, digits, '_', '-' and '.', and does not begin with '-' or '.'.")
		}
	}
	if digits.MatchString(path) {
		return invalid("path", "A path of digits alone would be taken for an id.")
	}
	if slices.Contains(reserved(), strings.ToLower(segments[0])) {
		return invalid("path", "The word is reserved: an address of the service begins with it.")
	}
	return nil
}

// badEnding reports whether an address that ends so would mean something else.
func badEnding(segment string) bool {
	lower := strings.ToLower(segment)
	return strings.HasSuffix(lower, ".") || strings.HasSuffix(lower, ".git") || strings.HasSuffix(lower, ".atom")
}

// reserved lists the words that no top-level path begins with: the predecessor's,
// so that what was made here could exist there, and those of our own addresses.
func reserved() []string {
	return []string{
		"-", ".well-known", "404.html", "422.html", "500.html", "502.html", "503.html", "admin", "api",
		"apple-touch-icon.png", "assets", "dashboard", "deploy.html", "explore", "favicon.ico", "favicon.png", "files",
		"groups", "health_check", "help", "import", "jwt", "login", "oauth", "profile", "projects", "public", "robots.txt",
		"s", "search", "sitemap", "sitemap.xml", "sitemap.xml.gz", "slash-command-logo.png", "snippets", "unsubscribe",
		"uploads", "users", "v2",
		"clusters", "healthz", "livez", "readyz", "sign-in", "sign-out", "static",
	}
}

func errLong() error {
	return invalid("path", fmt.Sprintf("A path has at most %d characters and %d levels.", maxPath, maxDepth))
}

// splitPath parts a full path into the path of its group and its own slug.
func splitPath(path string) (parent, slug string, err error) {
	if err := validatePath(path); err != nil {
		return "", "", err
	}
	i := strings.LastIndexByte(path, '/')
	if i < 0 {
		return "", path, nil
	}
	return path[:i], path[i+1:], nil
}

func validateName(name string) error {
	if utf8.RuneCountInString(name) > maxName || !shownName.MatchString(name) {
		return invalid("name", fmt.Sprintf("A name begins with a letter, a digit, an emoji or '_', and has at most %d characters, none of "+
			"them a control character, quotation mark or bracket.", maxName))
	}
	return nil
}

func validateDescription(description string) error {
	if utf8.RuneCountInString(description) > maxDescription {
		return invalid("description", fmt.Sprintf("A description has at most %d characters.", maxDescription))
	}
	return nil
}

func orDefault(name, slug string) string {
	if name = strings.TrimSpace(name); name != "" {
		return name
	}
	return slug
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
	return e.WithField(field).WithMessage(fmt.Sprintf("The %s is not acceptable.", field)).WithHint(hint)
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
