package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/roadstead/roadstead/internal/api"
	"github.com/roadstead/roadstead/internal/apitest"
	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/idempotency"
	"github.com/roadstead/roadstead/internal/tenant"
)

// told is what matters of an answer.
type told struct {
	Status   int
	Code     apperr.Code // of a problem
	Replayed bool
}

// keyed sends a request under keys, with somebody's token, and returns what it was told and the body.
func (c client) keyed(token, method, path, body string, keys ...string) (told, string) {
	c.t.Helper()
	request, err := http.NewRequestWithContext(c.t.Context(), method, c.url+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	request.Header.Set("Private-Token", token)
	if request.Header["Idempotency-Key"] = keys; body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	// A transport of its own repeats nothing by itself.
	response, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(request)
	if err != nil {
		c.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	got := told{Status: response.StatusCode, Replayed: response.Header.Get("Idempotency-Replayed") == "true"}
	if kind := response.Header.Get("Content-Type"); strings.HasSuffix(kind, "json") {
		var problem struct{ Code apperr.Code }
		_ = json.Unmarshal(text, &problem)
		got.Code = problem.Code
	} else if len(text) > 0 {
		c.t.Errorf("%s %s: content type %q", method, path, kind)
	}
	if got.Code == apperr.IdempotencyInProgress && response.Header.Get("Retry-After") != "1" {
		c.t.Errorf("Retry-After %q", response.Header.Get("Retry-After"))
	}
	return got, string(text)
}

func wantTold(t *testing.T, what string, got, want told) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func TestAChangeIsMadeOnce(t *testing.T) {
	t.Parallel()
	_, c := newClient(t)
	first, made := c.keyed(apitest.Token, "POST", "/api/v1/groups", `{"path": "acme"}`, "one")
	wantTold(t, "the first request", first, told{Status: 201})
	for range 3 {
		again, text := c.keyed(apitest.Token, "POST", "/api/v1/groups", `{"path": "acme"}`, "one")
		wantTold(t, "a repeat", again, told{Status: 201, Replayed: true})
		if text != made {
			t.Errorf("a repeat got %s, the first one %s", text, made)
		}
	}
	other, _ := c.keyed(apitest.Token, "POST", "/api/v1/groups", `{"path": "acme"}`, "two")
	wantTold(t, "another key", other, told{Status: 409, Code: apperr.AlreadyExists})
	other, _ = c.keyed(apitest.Token, "POST", "/api/v1/groups", `{"path": "acme"}`, "two")
	wantTold(t, "a refusal again", other, told{Status: 409, Code: apperr.AlreadyExists, Replayed: true})
	other, _ = c.keyed(apitest.Token, "POST", "/api/v1/groups", `{"path": "acme2"}`, "one")
	wantTold(t, "another body", other, told{Status: 422, Code: apperr.IdempotencyKeyReused})
	other, _ = c.keyed(apitest.Token, "POST", "/api/v1/projects", `{"path": "acme/shop"}`, "one")
	wantTold(t, "another path", other, told{Status: 422, Code: apperr.IdempotencyKeyReused})
	other, _ = c.keyed(apitest.Token, "PATCH", "/api/v1/groups/acme", `{"name": "Acme"}`, "one")
	wantTold(t, "another method", other, told{Status: 422, Code: apperr.IdempotencyKeyReused})
}

func TestWhatIsNoKey(t *testing.T) {
	t.Parallel()
	_, c := newClient(t)
	for name, test := range map[string]struct {
		keys []string
		want told
	}{
		"none":            {nil, told{Status: 200}},
		"one character":   {[]string{"k"}, told{Status: 200}},
		"longest":         {[]string{strings.Repeat("k", 255)}, told{Status: 200}},
		"as in the draft": {[]string{`"8e03978e-40d5-43dd-bc93-6894a57f9324"`}, told{Status: 200}},
		"SQL":             {[]string{`';DROP/**/TABLE/**/idempotency_keys;--`}, told{Status: 200}},
		"empty":           {[]string{""}, told{Status: 400, Code: apperr.IdempotencyKeyInvalid}},
		"too long":        {[]string{strings.Repeat("k", 256)}, told{Status: 400, Code: apperr.IdempotencyKeyInvalid}},
		"two":             {[]string{"a", "b"}, told{Status: 400, Code: apperr.IdempotencyKeyInvalid}},
		"two and empty":   {[]string{"", ""}, told{Status: 400, Code: apperr.IdempotencyKeyInvalid}},
		"space":           {[]string{"a b"}, told{Status: 400, Code: apperr.IdempotencyKeyInvalid}},
		"tab":             {[]string{"a\tb"}, told{Status: 400, Code: apperr.IdempotencyKeyInvalid}},
		"not ASCII":       {[]string{"schl\u00fcssel"}, told{Status: 400, Code: apperr.IdempotencyKeyInvalid}},
		"not UTF-8":       {[]string{"\xff"}, told{Status: 400, Code: apperr.IdempotencyKeyInvalid}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := client{t, c.url}
			path := "/api/v1/groups/" + strings.ReplaceAll(strings.ToLower(name), " ", "-")
			c.must("POST", "/api/v1/groups", `{"path": "`+strings.TrimPrefix(path, "/api/v1/groups/")+`"}`)
			got, _ := c.keyed(apitest.Token, "PATCH", path, `{"name": "New"}`, test.keys...)
			wantTold(t, "a change", got, test.want)
			got, _ = c.keyed(apitest.Token, "GET", path, "", test.keys...)
			wantTold(t, "a read", got, told{Status: 200})
		})
	}
}

func TestARepeatWaitsForTheFirst(t *testing.T) {
	t.Parallel()
	w, c := newClient(t)
	keys, ok := w.Handler.Idempotency.(*idempotency.Keys)
	if !ok {
		t.Fatalf("keys are a %T", w.Handler.Idempotency)
	}
	// The first one's server dies before it has done anything.
	died, _, err := keys.Begin(t.Context(), idempotency.Request{
		UserID: auth.AdministratorID, Key: "one", Method: "POST", Target: "/api/v1/groups", Body: []byte(`{"path": "acme"}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	got, _ := c.keyed(apitest.Token, "POST", "/api/v1/groups", `{"path": "acme"}`, "one")
	wantTold(t, "a repeat meanwhile", got, told{Status: 409, Code: apperr.IdempotencyInProgress})
	keys.Now = func() time.Time { return died.Until.Add(time.Second) }
	got, _ = c.keyed(apitest.Token, "POST", "/api/v1/groups", `{"path": "acme"}`, "one")
	wantTold(t, "a repeat after the claim", got, told{Status: 201})
}

// disturbed is interrupted before it makes a group.
type disturbed struct {
	api.Tenants

	by func() error
}

func (d *disturbed) CreateGroup(ctx context.Context, n tenant.NewGroup) (tenant.Group, error) {
	if err := d.by(); err != nil {
		return tenant.Group{}, err
	}
	return d.Tenants.CreateGroup(ctx, n)
}

func TestAFailureOfOursIsTriedAgain(t *testing.T) {
	t.Parallel()
	w, c := newClient(t)
	failure := errors.New("disk says no")
	w.Handler.Tenants = &disturbed{w.Handler.Tenants, func() error { return failure }}
	got, _ := c.keyed(apitest.Token, "POST", "/api/v1/groups", `{"path": "acme"}`, "one")
	wantTold(t, "a failure", got, told{Status: 500, Code: apperr.Internal})
	failure = nil
	got, _ = c.keyed(apitest.Token, "POST", "/api/v1/groups", `{"path": "acme"}`, "one")
	wantTold(t, "the next try", got, told{Status: 201})
}

func TestWhatIsNotValidTakesNoKey(t *testing.T) {
	t.Parallel()
	_, c := newClient(t)
	got, _ := c.keyed(apitest.Token, "POST", "/api/v1/groups", `{"name": "Acme"}`, "one")
	wantTold(t, "a body without a path", got, told{Status: 422, Code: apperr.ValidationFailed})
	large := `{"path": "acme", "description": "` + strings.Repeat("x", 1<<20) + `"}`
	got, _ = c.keyed(apitest.Token, "POST", "/api/v1/groups", large, "one")
	wantTold(t, "a body that is too large", got, told{Status: 413, Code: apperr.InvalidRequest})
	got, _ = c.keyed(apitest.Token, "POST", "/api/v1/groups", `{"path": "acme"}`, "one")
	wantTold(t, "the mended request", got, told{Status: 201})
}

func TestASecretIsNotKept(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	w, err := apitest.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	c := client{t, w.Serve(t)}
	secrets := []string{"a-key-that-is-not-kept"}
	for _, path := range []string{"/api/v1/tokens", "/api/v1/tokens/1/rotate"} {
		body := `{"name": "ci", "scopes": ["api"]}`
		if strings.HasSuffix(path, "rotate") {
			body = ""
		}
		got, text := c.keyed(apitest.Token, "POST", path, body, path)
		if got.Status >= 300 {
			t.Fatalf("%s: %d %s", path, got.Status, text)
		}
		var made api.FreshToken
		if err := json.Unmarshal([]byte(text), &made); err != nil || made.Secret == "" {
			t.Fatalf("%s: %v in %s", path, err, text)
		}
		secrets = append(secrets, made.Secret)
		got, text = c.keyed(apitest.Token, "POST", path, body, path)
		wantTold(t, path+" again", got, told{Status: 409, Code: apperr.IdempotencyAnswerNotKept})
		if !strings.Contains(text, "revoke") {
			t.Errorf("no word on what to do: %s", text)
		}
	}
	c.keyed(apitest.Token, "POST", "/api/v1/groups", `{"path": "acme", "name": "an answer that is kept"}`, secrets[0])
	var tokens api.Page[api.Token]
	if c.call("GET", "/api/v1/tokens", "", &tokens); len(tokens.Items) != 1 {
		t.Errorf("%d tokens live, of one that was rotated", len(tokens.Items))
	}
	files := everyByte(t, dir)
	if !bytes.Contains(files, []byte("an answer that is kept")) {
		t.Error("the search finds nothing")
	}
	for _, secret := range secrets {
		if bytes.Contains(files, []byte(secret)) {
			t.Errorf("the database holds %s", secret)
		}
	}
}

// everyByte reads all files below a folder.
func everyByte(t *testing.T, dir string) (all []byte) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		all = append(all, text...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
