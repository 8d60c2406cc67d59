package web_test

import (
	"maps"
	"net/url"
	"strings"
	"testing"

	"github.com/roadstead/roadstead/internal/tenant"
)

func TestAdministratorsChangeSettings(t *testing.T) {
	t.Parallel()
	s := organised(t)
	s.shows(s.get("/users"), 200, `href="/settings"`)
	s.shows(s.get("/settings"), 200, `name="session_hours" type="number" value="12"`, "From 1 to 168 hours; 12 unless it was changed.")
	form := url.Values{
		"keep_operations_days": {"30"}, "keep_audit_days": {"400"}, "default_token_days": {"10"}, "longest_token_days": {"20"}, "session_hours": {"8"},
	}
	s.shows(s.post("/settings", form), 200, `value="30"`, `value="400"`, `value="8"`)
	// The pages of others say what holds.
	s.shows(s.get("/me/tokens"), 200, "Empty: in 10 days. At most 20 days ahead.")
	s.shows(s.get("/me/sessions"), 200, "after 8 hours.")

	for field, wrong := range map[string]struct{ text, hint string }{
		"keep_audit_days":    {"29", "Give 30 to 3650 days."},
		"session_hours":      {"long", "Give 1 to 168 hours."},
		"default_token_days": {"21", "Give at most longest_token_days, which is 20, or change both at once."},
	} {
		bad := maps.Clone(form)
		bad[field], bad["keep_operations_days"] = []string{wrong.text}, []string{"77"}
		s.shows(s.post("/settings", bad), 422, `id="`+field+`-wrong">`+wrong.hint, `value="`+wrong.text+`"`, `value="77"`)
		if page := s.get("/settings").text; strings.Contains(page, `value="77"`) {
			t.Errorf("a form with a wrong %s changed something", field)
		}
	}

	ann := s.as("ann", tenant.Owner)
	s.shows(ann.get("/settings"), 403)
	if strings.Contains(ann.get("/groups").text, `href="/settings"`) {
		t.Error("the settings are linked for who may not see them")
	}
}
