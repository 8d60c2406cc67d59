package gitlabapi_test

import (
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/gitlabapi"
)

// The document lists every endpoint with what it takes. UPDATE_GOLDEN=1 writes the list.
func TestDocumentIsCurrent(t *testing.T) {
	t.Parallel()
	const path, begin, end = "../../docs/reference/gitlab-api.md", "<!-- routes -->\n", "<!-- /routes -->"
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, _ := strings.Cut(string(raw), begin)
	_, after, found := strings.Cut(rest, end)
	if !found {
		t.Fatal("the document has lost its marks")
	}
	want := before + begin + endpoints() + end + after
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(path, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(string(raw), "\n")); diff != "" {
		t.Error(diff)
	}
}

func endpoints() string {
	text := new(strings.Builder)
	text.WriteString("| endpoint | ability | of |\n|---|---|---|\n")
	for _, r := range gitlabapi.Routes() {
		ability, of := "–", "oneself"
		if r.Ability != "" {
			ability, of = "`"+string(r.Ability)+"`", "the "+string(r.Level)
		}
		if r.Field != "id" {
			of += " of `" + r.Field + "`"
		}
		text.WriteString("| `" + r.Method + " " + r.Pattern + "` | " + ability + " | " + of + " |\n")
	}
	return text.String()
}

// A route without an ability that the matrix knows would be open, or shut for ever.
func TestEveryRouteSaysWhoMayCallIt(t *testing.T) {
	t.Parallel()
	known := map[auth.Ability]auth.Rule{}
	for _, rule := range auth.Matrix() {
		known[rule.Ability] = rule
	}
	for _, r := range gitlabapi.Routes() {
		rule, ok := known[r.Ability]
		switch {
		case r.Level == gitlabapi.Self:
			if r.Ability != "" {
				t.Errorf("%s %s: what one may ask for himself takes no ability", r.Method, r.Pattern)
			}
		case !ok:
			t.Errorf("%s %s: the matrix knows no %q", r.Method, r.Pattern, r.Ability)
		case rule.Reads != (r.Method == http.MethodGet):
			t.Errorf("%s %s: %s does not fit the method", r.Method, r.Pattern, r.Ability)
		}
	}
}
