package api_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/roadstead/roadstead/internal/api"
	"github.com/roadstead/roadstead/internal/apitest"
)

// held is a world without a network, in which an operation waits to be let go.
type held struct {
	*apitest.World
	mux *http.ServeMux
}

func newHeld(t *testing.T) held {
	t.Helper()
	h := held{apitest.New(t), http.NewServeMux()}
	h.Handler.Mount(h.mux)
	h.Applications.Hold = make(chan struct{})
	h.get(t.Context(), "POST", "/clusters", newCluster("staging", "https://k8s.example.com"))
	h.get(t.Context(), "POST", "/clusters/staging/applications/web/install", "")
	return h
}

func (h held) get(ctx context.Context, method, path, body string) *httptest.ResponseRecorder {
	request := httptest.NewRequestWithContext(ctx, method, "/api/v1"+path, strings.NewReader(body))
	request.Header.Set("Private-Token", apitest.Token)
	recorder := httptest.NewRecorder()
	h.mux.ServeHTTP(recorder, request)
	return recorder
}

func TestWaitEndsWithTheWork(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHeld(t)
		began := time.Now()
		time.AfterFunc(7*time.Second, func() { close(h.Applications.Hold) })
		answer := h.get(t.Context(), "GET", "/operations/1?wait=30s", "")
		var op api.Operation
		if err := json.Unmarshal(answer.Body.Bytes(), &op); err != nil || !op.Final || answer.Code != http.StatusOK {
			t.Errorf("status %d, operation %+v (%v)", answer.Code, op, err)
		}
		if waited := time.Since(began); waited != 7*time.Second {
			t.Errorf("answered after %s, the operation ended after 7s", waited)
		}
	})
}

func TestWaitEndsWithItsTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHeld(t)
		defer close(h.Applications.Hold)
		began := time.Now()
		if answer := h.get(t.Context(), "GET", "/operations/1?wait=30s", ""); answer.Code != http.StatusAccepted {
			t.Errorf("status %d", answer.Code)
		}
		if waited := time.Since(began); waited != 30*time.Second {
			t.Errorf("answered after %s", waited)
		}
	})
}

func TestWaitEndsWithTheServer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHeld(t)
		defer close(h.Applications.Hold)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		h.get(ctx, "GET", "/operations/1?wait=30s", "")
		if waited := time.Since(began); waited != time.Second {
			t.Errorf("held on for %s", waited)
		}
	})
}

func TestLostNoticeCostsSecondsOnly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHeld(t)
		defer close(h.Applications.Hold)
		began := time.Now()
		time.AfterFunc(time.Second, h.Applications.FinishUnnoticed)
		answer := h.get(t.Context(), "GET", "/operations/1?wait=30s", "")
		if waited := time.Since(began); answer.Code != http.StatusOK || waited != 5*time.Second {
			t.Errorf("status %d after %s", answer.Code, waited)
		}
	})
}

func TestWaitersOfATokenAreLimited(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHeld(t)
		var waiting sync.WaitGroup
		for range 10 {
			waiting.Go(func() { h.get(t.Context(), "GET", "/operations/1?wait=30s", "") })
		}
		synctest.Wait()
		began := time.Now()
		if answer := h.get(t.Context(), "GET", "/operations/1?wait=30s", ""); answer.Code != http.StatusAccepted {
			t.Errorf("status %d", answer.Code)
		}
		if waited := time.Since(began); waited != 0 {
			t.Errorf("the eleventh waited %s", waited)
		}
		close(h.Applications.Hold)
		waiting.Wait()
	})
}
