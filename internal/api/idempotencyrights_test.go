package api_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/roadstead/roadstead/internal/api"
	"github.com/roadstead/roadstead/internal/apitest"
	"github.com/roadstead/roadstead/internal/apperr"
)

// person makes a user with a role in the group acme and returns his token.
func (c client) person(name, role string) string {
	c.t.Helper()
	c.must("POST", "/api/v1/users", `{"username": "`+name+`"}`)
	c.must("POST", "/api/v1/groups/acme/members", `{"user": "`+name+`", "role": "`+role+`"}`)
	var made api.FreshToken
	c.call("POST", "/api/v1/tokens", `{"name": "t", "scopes": ["api"], "user": "`+name+`"}`, &made)
	if made.Secret == "" {
		c.t.Fatal("no token was made")
	}
	return made.Secret
}

func TestARepeatAsksForTheRightAgain(t *testing.T) {
	t.Parallel()
	_, c := newClient(t)
	c.must("POST", "/api/v1/groups", `{"path": "acme"}`)
	c.must("POST", "/api/v1/projects", `{"path": "acme/shop"}`)
	c.must("POST", "/api/v1/projects/1/environments", `{"name": "staging"}`)
	c.must("POST", "/api/v1/projects/1/environments/staging/stop", "")
	c.must("POST", "/api/v1/clusters", `{"name": "c", "level": "group", "group": "acme", "api_url": "https://k.example.com", "token": "t"}`)
	ada := c.person("ada", "owner")
	changes := []struct{ method, path, body string }{
		{"PATCH", "/api/v1/projects/1", `{"name": "The shop"}`},   // the right is asked of the path
		{"POST", "/api/v1/projects", `{"path": "acme/till"}`},     // of the body
		{"DELETE", "/api/v1/projects/1/environments/staging", ""}, // of what is above the thing that is gone
		{"POST", "/api/v1/clusters/c/check", ""},                  // of what has a name that only he sees who may
		{"DELETE", "/api/v1/groups/acme/members/bob", ""},         // with an answer that says nothing
	}
	c.person("bob", "guest")
	for _, change := range changes {
		got, text := c.keyed(ada, change.method, change.path, change.body, change.path)
		if got.Status >= 300 {
			t.Fatalf("%s %s: %d %s", change.method, change.path, got.Status, text)
		}
		again, _ := c.keyed(ada, change.method, change.path, change.body, change.path)
		wantTold(t, "a repeat of "+change.path, again, told{Status: got.Status, Replayed: true})
	}
	c.must("DELETE", "/api/v1/groups/acme/members/ada", "")
	for _, change := range changes[:4] {
		got, text := c.keyed(ada, change.method, change.path, change.body, change.path)
		wantTold(t, change.path+" without the right", got, told{Status: 404, Code: apperr.NotFound})
		if strings.Contains(text, "shop") || strings.Contains(text, "staging") {
			t.Errorf("%s tells what it is about: %s", change.path, text)
		}
	}
	c.must("POST", "/api/v1/groups/acme/members", `{"user": "ada", "role": "guest"}`)
	got, _ := c.keyed(ada, "PATCH", "/api/v1/projects/1", `{"name": "The shop"}`, "/api/v1/projects/1")
	wantTold(t, "a change with too low a role", got, told{Status: 403, Code: apperr.Forbidden})
}

func TestKeysAreOfTheirUser(t *testing.T) {
	t.Parallel()
	_, c := newClient(t)
	c.must("POST", "/api/v1/groups", `{"path": "acme"}`)
	ada, bob := c.person("ada", "owner"), c.person("bob", "owner")
	first, _ := c.keyed(ada, "POST", "/api/v1/projects", `{"path": "acme/shop"}`, "one")
	wantTold(t, "a change", first, told{Status: 201})
	same, _ := c.keyed(bob, "POST", "/api/v1/projects", `{"path": "acme/shop"}`, "one")
	wantTold(t, "the same of another person", same, told{Status: 409, Code: apperr.AlreadyExists})
	other, _ := c.keyed(bob, "POST", "/api/v1/projects", `{"path": "acme/till"}`, "two")
	wantTold(t, "another one", other, told{Status: 201})
	var second api.FreshToken
	c.call("POST", "/api/v1/tokens", `{"name": "t2", "scopes": ["api"], "user": "ada"}`, &second)
	again, _ := c.keyed(second.Secret, "POST", "/api/v1/projects", `{"path": "acme/shop"}`, "one")
	wantTold(t, "a repeat with another token of hers", again, told{Status: 201, Replayed: true})
	c.call("POST", "/api/v1/tokens", `{"name": "t3", "scopes": ["read_api"], "user": "ada"}`, &second)
	again, _ = c.keyed(second.Secret, "POST", "/api/v1/projects", `{"path": "acme/shop"}`, "one")
	wantTold(t, "a repeat with a token that only reads", again, told{Status: 403, Code: apperr.Forbidden})
	again, _ = c.keyed("rsd_nobody", "POST", "/api/v1/projects", `{"path": "acme/shop"}`, "one")
	wantTold(t, "a repeat of nobody", again, told{Status: 401, Code: apperr.Unauthenticated})
}

func TestARemovalIsRepeated(t *testing.T) {
	t.Parallel()
	_, c := newClient(t)
	c.must("POST", "/api/v1/groups", `{"path": "acme"}`)
	c.must("POST", "/api/v1/groups", `{"path": "acme/old"}`)
	ada := c.person("ada", "owner")
	for _, path := range []string{"/api/v1/groups/acme%2Fold", "/api/v1/groups/acme/members/ada"} {
		got, removed := c.keyed(ada, "DELETE", path, "", path)
		if got.Status >= 300 {
			t.Fatalf("%s: %d %s", path, got.Status, removed)
		}
		again, text := c.keyed(ada, "DELETE", path, "", path)
		if wantTold(t, "again "+path, again, told{Status: got.Status, Replayed: true}); text != removed {
			t.Errorf("%s: a repeat got %s, the first one %s", path, text, removed)
		}
		other, _ := c.keyed(ada, "DELETE", path, "", "another")
		wantTold(t, path+" under another key", other, told{Status: 404, Code: apperr.NotFound})
	}
	other, _ := c.keyed(ada, "DELETE", "/api/v1/groups/acme%2Fold?x=1", "", "/api/v1/groups/acme%2Fold")
	wantTold(t, "another removal under the key", other, told{Status: 422, Code: apperr.IdempotencyKeyReused})
}

// posted sends a change under the key "one", without a network.
func posted(ctx context.Context, mux http.Handler, path, body string) *httptest.ResponseRecorder {
	request := httptest.NewRequestWithContext(ctx, "POST", path, strings.NewReader(body))
	request.Header.Set("Private-Token", apitest.Token)
	request.Header.Set("Idempotency-Key", "one")
	recorder := httptest.NewRecorder()
	mux.ServeHTTP(recorder, request)
	return recorder
}

func TestTheWorkGoesOnWithoutItsCaller(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	ctx, leave := context.WithCancel(t.Context())
	w.Handler.Tenants = &disturbed{w.Handler.Tenants, func() error { leave(); return nil }}
	mux := w.Mux()
	posted(ctx, mux, "/api/v1/groups", `{"path": "acme"}`)
	again := posted(t.Context(), mux, "/api/v1/groups", `{"path": "acme"}`)
	if again.Code != http.StatusCreated || again.Header().Get("Idempotency-Replayed") != "true" {
		t.Errorf("a repeat got %d %v %s", again.Code, again.Header(), again.Body)
	}
}

func TestNobodyWaitsWithoutItsCaller(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := apitest.New(t)
		mux := w.Mux()
		w.Clusters.Hold = make(chan struct{})
		defer close(w.Clusters.Hold)
		ctx, leave := context.WithTimeout(t.Context(), time.Second)
		defer leave()
		began := time.Now()
		const path = "/api/v1/clusters?wait=30s"
		body := newCluster("staging", "https://k8s.example.com")
		posted(ctx, mux, path, body)
		if waited := time.Since(began); waited != time.Second {
			t.Errorf("held on for %s", waited)
		}
		again := posted(t.Context(), mux, path, body)
		var got api.Cluster
		if err := json.Unmarshal(again.Body.Bytes(), &got); err != nil || again.Code != http.StatusCreated || got.ID != 1 ||
			again.Header().Get("Idempotency-Replayed") != "true" {
			t.Errorf("a repeat got %d %v %s", again.Code, again.Header(), again.Body)
		}
	})
}
