package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/roadstead/roadstead/internal/api"
)

func TestTheAuditRecordComesInPages(t *testing.T) {
	t.Parallel()
	_, c := newClient(t)
	var all []api.AuditEvent
	for path, pages := "/api/v1/audit?limit=50&actor=ada&since=2026-01-01T00:00:00Z", 0; path != ""; pages++ {
		var page api.AuditPage
		response := c.call("GET", path, "", &page)
		if pages > 2 || response.StatusCode != http.StatusOK {
			t.Fatalf("%d after %d pages", response.StatusCode, pages)
		}
		all = append(all, page.Items...)
		path, _ = strings.CutSuffix(strings.TrimPrefix(response.Header.Get("Link"), "<"), `>; rel="next"`)
	}
	if len(all) != 60 || all[0].ID != 119 || all[59].ID != 1 || all[0].Actor.IP != "203.0.113.7" || all[0].Hash != "a177" {
		t.Errorf("%d events, the first %+v", len(all), all[0])
	}
}

func TestAskingForTheAuditRecordOfNothingInParticular(t *testing.T) {
	t.Parallel()
	_, c := newClient(t)
	c.shop()
	for query, want := range map[string]int{
		"group=acme":                       http.StatusOK,
		"project=acme%2Fshop":              http.StatusOK,
		"group=nobody":                     http.StatusNotFound,
		"group=acme&project=acme%2Fshop":   http.StatusUnprocessableEntity,
		"after=somewhere":                  http.StatusUnprocessableEntity,
		"since=yesterday":                  http.StatusUnprocessableEntity,
		"limit=1000":                       http.StatusUnprocessableEntity,
		"object_kind=cluster&object_id=-1": http.StatusUnprocessableEntity,
	} {
		if got := c.call("GET", "/api/v1/audit?"+query, "", nil).StatusCode; got != want {
			t.Errorf("%s: status %d, want %d", query, got, want)
		}
	}
}
