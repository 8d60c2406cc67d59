package setting_test

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/roadstead/roadstead/internal/setting"
)

func decimal(n int) string { return strconv.Itoa(n) }

func TestSet(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		name, text  string
		want        *int
		field, hint string
	}{
		"a number":        {"session_hours", " 8 ", new(8), "", ""},
		"not a number":    {"session_hours", "eight", nil, "session_hours", "Give 1 to 168 hours."},
		"with its unit":   {"session_hours", "8h", nil, "session_hours", "Give 1 to 168 hours."},
		"nothing":         {"session_hours", "", nil, "session_hours", "Give 1 to 168 hours."},
		"no such setting": {"sesion_hours", "8", nil, "", "The settings are keep_operations_days, keep_audit_days, default_token_days, longest_token_days, session_hours."},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var c setting.Change
			err := c.Set(test.name, test.text)
			if test.want == nil {
				refused(t, err, test.field, test.hint)
			} else {
				check(t, err)
			}
			if diff := cmp.Diff(setting.Change{SessionHours: test.want}, c); diff != "" {
				t.Errorf("change (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDefaultsAreWithinBounds(t *testing.T) {
	t.Parallel()
	for _, n := range setting.Numbers() {
		if got := n.Of(setting.Default()); got != n.Default || got < n.Least || got > n.Most {
			t.Errorf("%s is %d by default, of %s", n.Name, got, n.Bounds())
		}
	}
}

// TestSettingsReferenceIsCurrent compares the published page with the settings. UPDATE_GOLDEN=1 writes it anew.
func TestSettingsReferenceIsCurrent(t *testing.T) {
	t.Parallel()
	const file = "../../docs/reference/settings.md"
	want := reference()
	if os.Getenv("UPDATE_GOLDEN") != "" {
		check(t, os.WriteFile(file, []byte(want), 0o600))
	}
	published, err := os.ReadFile(file)
	check(t, err)
	if diff := cmp.Diff(string(published), want); diff != "" {
		t.Errorf("%s is not current, run `make generate` (-published +wanted):\n%s", file, diff)
	}
}

func reference() string {
	var page strings.Builder
	page.WriteString(`# Settings

What administrators of the instance change while it runs: with ` + "`roadstead settings`, `GET` and `PATCH /api/v1/settings`, the page `/settings`,\n" +
		"or under `settings` in the file of [`roadstead apply`](../guide/organisation.md)" + `. A change counts at once in every process, and is in the
audit record. default_token_days is never more than longest_token_days.

This page is generated from the table in internal/setting/number.go.

| setting | what it does | least | most | default |
|---|---|---|---|---|
`)
	for _, n := range setting.Numbers() {
		fmt.Fprintf(&page, "| %s | %s | %d | %d | %d |\n", n.Name, n.For, n.Least, n.Most, n.Default)
	}
	return page.String()
}
