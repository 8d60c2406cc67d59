package web_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/roadstead/roadstead/internal/auth"
)

// sick is a database that does not answer when it is asked for sessions.
type sick struct{ auth.Store }

func (sick) SessionByHash(context.Context, []byte) (auth.Session, auth.User, error) {
	return auth.Session{}, auth.User{}, errors.New("disk I/O error")
}

// Somebody whose session cannot be looked up is told that we failed, and not sent to sign in once more.
func TestFailingStoreSignsNobodyOut(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.users.Store = sick{s.users.Store}
	mux := http.NewServeMux()
	if err := s.pages.Mount(mux); err != nil {
		t.Fatal(err)
	}
	request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/groups", http.NoBody)
	request.AddCookie(&http.Cookie{Name: "__Host-roadstead", Value: "secret"})
	answer := httptest.NewRecorder()
	mux.ServeHTTP(answer, request)
	if answer.Code != http.StatusInternalServerError {
		t.Errorf("status %d, to %q", answer.Code, answer.Header().Get("Location"))
	}
}
