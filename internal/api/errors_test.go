package api_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/roadstead/roadstead/internal/api"
	"github.com/roadstead/roadstead/internal/apitest"
)

func TestWhoMayCall(t *testing.T) {
	t.Parallel()
	_, c := newClient(t)
	for name, test := range map[string]struct {
		header, value, query string
		want                 int
	}{
		"bearer token":        {header: "Authorization", value: "Bearer " + apitest.Token, want: 200},
		"lower case scheme":   {header: "Authorization", value: "bearer " + apitest.Token, want: 200},
		"private token":       {header: "PRIVATE-TOKEN", value: apitest.Token, want: 200},
		"no token":            {want: 401},
		"wrong token":         {header: "Authorization", value: "Bearer nobody", want: 401},
		"basic":               {header: "Authorization", value: "Basic " + apitest.Token, want: 401},
		"token in the query":  {query: "?private_token=" + apitest.Token, want: 401},
		"token in both":       {header: "PRIVATE-TOKEN", value: apitest.Token, query: "?access_token=x", want: 401},
		"token cut from both": {header: "PRIVATE-TOKEN", value: apitest.Token[:20], want: 401},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.url+"/api/v1/groups"+test.query, nil)
			if err != nil {
				t.Fatal(err)
			}
			if test.header != "" {
				request.Header.Set(test.header, test.value)
			}
			response, err := http.DefaultClient.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = response.Body.Close() }()
			if response.StatusCode != test.want {
				t.Errorf("status %d, want %d", response.StatusCode, test.want)
			}
			if test.want == 401 && response.Header.Get("WWW-Authenticate") == "" {
				t.Error("a 401 without WWW-Authenticate")
			}
		})
	}
}

func TestProblems(t *testing.T) {
	t.Parallel()
	_, c := newClient(t)
	for name, test := range map[string]struct {
		method, path, body string
		want               api.Problem
	}{
		"unknown path":  {"GET", "/api/v1/nothing", "", api.Problem{Status: 404, Code: "not_found"}},
		"unknown group": {"GET", "/api/v1/groups/7", "", api.Problem{Status: 404, Code: "not_found"}},
		"not JSON":      {"POST", "/api/v1/groups", "{", api.Problem{Status: 400, Code: "invalid_request"}},
		"missing field": {
			"POST", "/api/v1/groups", "{}", api.Problem{
				Status: 422, Code: "validation_failed", Detail: "body: expected required property path to be present",
				Fields: []api.Field{{Location: "body", Message: "expected required property path to be present"}},
			},
		},
		"page too large": {
			"GET", "/api/v1/groups?limit=101", "", api.Problem{
				Status: 422, Code: "validation_failed", Detail: "query.limit: expected number <= 100",
				Fields: []api.Field{{Location: "query.limit", Message: "expected number <= 100"}},
			},
		},
		"unknown parameter": {
			"GET", "/api/v1/groups?size=1", "", api.Problem{
				Status: 422, Code: "validation_failed", Detail: "query.size: unknown query parameter",
				Fields: []api.Field{{Location: "query.size", Message: "unknown query parameter"}},
			},
		},
		"private address": {
			"POST", "/api/v1/clusters", newCluster("inner", "https://10.1.2.3:6443"), api.Problem{
				Status: 422, Code: "cluster_address_refused",
				Hint:   "An operator can open this address with ROADSTEAD_EGRESS_ALLOW=10.1.2.3/32:6443.",
				Fields: []api.Field{{Location: "body.api_url", Message: "is blocked: Requests to this address are not allowed"}},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got api.Problem
			response := c.call(test.method, test.path, test.body, &got)
			if got.Title == "" || got.Hint == "" || !strings.HasSuffix(got.Type, "#"+string(got.Code)) {
				t.Errorf("no title, hint or place in the documentation: %+v", got)
			}
			if kind := response.Header.Get("Content-Type"); kind != "application/problem+json" {
				t.Errorf("content type %q", kind)
			}
			if test.want.Hint == "" {
				got.Hint = ""
			}
			if test.want.Code == "invalid_request" {
				got.Detail, got.Fields = "", nil
			}
			got.Type, got.Title = "", ""
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("problem (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRefusedValuesAreNotRepeated(t *testing.T) {
	t.Parallel()
	w, c := newClient(t)
	response := c.call("POST", "/api/v1/clusters", `{"token": {"value": "very-secret"}, "api_url": 7}`, nil)
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if response.StatusCode != http.StatusUnprocessableEntity {
		t.Fatalf("status %d: %s", response.StatusCode, text)
	}
	if strings.Contains(string(text)+w.Log.String(), "very-secret") {
		t.Errorf("the answer or the log repeats a token: %s", text)
	}
}

func TestOwnFailuresAreToldToTheLogOnly(t *testing.T) {
	t.Parallel()
	w, c := newClient(t)
	w.Tenants.Err = errors.New("disk says \x1b[31mno")
	var got api.Problem
	c.call("GET", "/api/v1/groups", "", &got)
	if got.Status != 500 || got.Code != "internal" || got.CorrelationID == "" {
		t.Errorf("problem %+v", got)
	}
	if strings.Contains(got.Title+got.Detail+got.Hint, "disk") {
		t.Errorf("the answer tells the raw text: %+v", got)
	}
	if log := w.Log.String(); !strings.Contains(log, "disk says") || strings.Contains(log, "\x1b") {
		t.Errorf("the log does not tell the raw text, quoted: %s", log)
	}
}
