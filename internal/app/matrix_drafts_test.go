package app

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/roadstead/roadstead/internal/auth"
)

// TestDraftIsItsMakersAlone asks for a draft by every route that takes a cluster: for another maintainer of the place it
// is as if there were none, while its maker and an administrator find it.
func TestDraftIsItsMakersAlone(t *testing.T) {
	t.Parallel()
	for _, surface := range []struct {
		name string
		// enter prepares the callers, see and save are where the draft is looked at and saved.
		enter     func(m *matrix)
		see, save string
		saved     int
		others    []string
	}{
		{
			"the API", func(*matrix) {}, "GET /clusters/%d", "POST /clusters/%d/save", http.StatusOK, []string{
				"PATCH /clusters/%d", "DELETE /clusters/%d?mode=leave", "POST /clusters/%d/check", "GET /clusters/%d/inventory",
				"GET /clusters/%d/identity", "GET /clusters/%d/grants", "GET /events?topics=cluster/%d", "GET /events?topics=value/%d/connection",
			},
		},
		{
			"the pages", (*matrix).signIn, "GET /clusters/%d", "POST /clusters/%d/save", http.StatusSeeOther, []string{
				"POST /clusters/%d/discard", "POST /clusters/%d/check", "GET /clusters/%d/edit", "POST /clusters/%d/edit",
				"POST /clusters/%d/enable", "GET /clusters/%d/detach", "POST /clusters/%d/detach", "GET /clusters/%d/identity",
			},
		},
	} {
		t.Run(surface.name, func(t *testing.T) {
			t.Parallel()
			m := newMatrix(t)
			surface.enter(m)
			maker, colleague, admin := m.person("maintainer of the group"), m.person("owner of the group above"), m.person("administrator")
			ask := func(who person, route string, id int64) (int, string) {
				method, path, _ := strings.Cut(fmt.Sprintf(route, id), " ")
				body := ""
				if m.prefix != "" && method != http.MethodGet {
					body = "{}"
				}
				return m.call(t, method, request{path: path, body: body}, who.tokens[auth.API])
			}
			drafts := []int64{m.draft(team, maker), m.draft(team, maker)}
			for _, route := range append(surface.others, surface.see, surface.save) {
				if status, text := ask(colleague, route, drafts[0]); status != http.StatusNotFound {
					t.Errorf("%s: a colleague gets %d\n%.300s", route, status, text)
				}
			}
			for i, who := range []person{maker, admin} {
				for _, step := range []struct {
					route string
					want  int
				}{{surface.see, http.StatusOK}, {surface.save, surface.saved}} {
					if status, text := ask(who, step.route, drafts[i]); status != step.want {
						t.Errorf("%s: %s gets %d, want %d\n%.300s", step.route, who.name, status, step.want, text)
					}
				}
			}
			if status, _ := ask(colleague, surface.see, drafts[0]); status != http.StatusOK {
				t.Errorf("a colleague gets %d of what was saved", status)
			}
		})
	}
}
