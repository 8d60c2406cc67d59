package cli_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/roadstead/roadstead/internal/apitest"
	"github.com/roadstead/roadstead/internal/apperr"
)

// unsteady is a server whose first answers to a change are lost.
type unsteady struct {
	next http.Handler
	// lose is how many, and cut says after which bytes of the body; -1 for before the status.
	lose, cut int
	// busy is how often a repeat is told that the first request still runs.
	busy int

	mu      sync.Mutex
	changes []string // method, path and key
}

// ServeHTTP implements [http.Handler].
func (u *unsteady) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet {
		u.next.ServeHTTP(w, r)
		return
	}
	u.mu.Lock()
	u.changes = append(u.changes, r.Method+" "+r.URL.Path+" "+r.Header.Get("Idempotency-Key"))
	n := len(u.changes)
	u.mu.Unlock()
	switch {
	case n <= u.lose:
		// The change is made, whatever becomes of the connection.
		answer := httptest.NewRecorder()
		u.next.ServeHTTP(answer, r.WithContext(context.WithoutCancel(r.Context())))
		if u.cut >= 0 {
			w.Header().Set("Content-Length", strconv.Itoa(answer.Body.Len()))
			w.WriteHeader(answer.Code)
			_, _ = w.Write(answer.Body.Bytes()[:u.cut])
		}
		panic(http.ErrAbortHandler)
	case n <= u.lose+u.busy:
		w.Header().Set("Content-Type", "application/problem+json")
		w.Header().Set("Retry-After", "0")
		w.WriteHeader(http.StatusConflict)
		_, _ = w.Write([]byte(`{"code": "` + string(apperr.IdempotencyInProgress) + `"}`))
	default:
		u.next.ServeHTTP(w, r)
	}
}

func (u *unsteady) seen() []string {
	u.mu.Lock()
	defer u.mu.Unlock()
	return append([]string(nil), u.changes...)
}

func TestAChangeWhoseAnswerIsLostIsRepeatedOnce(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		lose, cut, busy int
		args            string
		exit, sent      int
		says            string
	}{
		"nothing is lost":            {0, -1, 0, "group create acme", 0, 1, "acme"},
		"before the answer":          {1, -1, 0, "group create acme", 0, 2, "acme"},
		"within the answer":          {1, 5, 0, "group create acme", 0, 2, "acme"},
		"twice":                      {2, -1, 0, "group create acme", 5, 2, "cannot be reached"},
		"while the first still runs": {1, -1, 3, "group create acme", 0, 5, "acme"},
		"of a removal":               {1, -1, 0, "group delete old", 0, 2, "old"},
		"with a secret in it":        {1, -1, 0, "token create ci", 4, 2, "revoke a token"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := apitest.New(t)
			u := &unsteady{next: w.Mux(), cut: test.cut}
			server := httptest.NewServer(u)
			t.Cleanup(server.Close)
			s := session{t, w, server.URL}
			s.must("group", "create", "old")
			u.mu.Lock()
			u.changes, u.lose, u.busy = nil, test.lose, test.busy
			u.mu.Unlock()

			out := &screen{}
			if code := s.run(t.Context(), out, strings.Fields(test.args)...); code != test.exit {
				t.Errorf("exit code %d, want %d: %s", code, test.exit, out)
			}
			if !strings.Contains(out.String(), test.says) {
				t.Errorf("it says nothing of %q: %s", test.says, out)
			}
			sent := u.seen()
			if len(sent) != test.sent {
				t.Errorf("sent %d times, want %d: %q", len(sent), test.sent, sent)
			}
			for _, one := range sent {
				if one != sent[0] || strings.HasSuffix(one, " ") {
					t.Errorf("a repeat differs, or has no key: %q", sent)
				}
			}
		})
	}
}

func TestEachChangeHasAKeyOfItsOwn(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	u := &unsteady{next: w.Mux()}
	server := httptest.NewServer(u)
	t.Cleanup(server.Close)
	s := session{t, w, server.URL}
	s.must("group", "create", "acme")
	s.must("group", "delete", "acme")
	s.must("group", "create", "acme")
	keys := map[string]bool{}
	for _, one := range u.seen() {
		keys[one[strings.LastIndex(one, " ")+1:]] = true
	}
	if len(keys) != 3 || keys[""] {
		t.Errorf("three changes under the keys %v", keys)
	}
}
