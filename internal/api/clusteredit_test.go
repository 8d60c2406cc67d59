package api_test

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/roadstead/roadstead/internal/api"
	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/cluster"
)

func TestEditNamesTheFieldThatIsMissing(t *testing.T) {
	t.Parallel()
	_, c := newClient(t)
	c.shop()
	var problem api.Problem
	answer := c.call("PATCH", "/api/v1/clusters/1", `{"api_url": "https://mine.example.com"}`, &problem)
	if answer.StatusCode != http.StatusUnprocessableEntity || problem.Code != apperr.ValidationFailed {
		t.Errorf("answer %d %+v", answer.StatusCode, problem)
	}
	if len(problem.Fields) != 1 || problem.Fields[0].Location != "body.token" {
		t.Errorf("fields %+v", problem.Fields)
	}
	var edited api.Cluster
	answer = c.call("PATCH", "/api/v1/clusters/1?wait=10s", `{"api_url": "https://b.example.com", "token": "another"}`, &edited)
	if answer.StatusCode != http.StatusOK || edited.APIURL != "https://b.example.com" || !edited.Connection.Connected {
		t.Errorf("answer %d %+v", answer.StatusCode, edited)
	}
}

func TestIdentityIsFollowedToItsEnd(t *testing.T) {
	t.Parallel()
	_, c := newClient(t)
	c.shop()
	var i api.Identity
	if answer := c.call("GET", "/api/v1/clusters/1/identity", "", &i); answer.StatusCode != http.StatusOK || i.State != cluster.IdentityPasted {
		t.Errorf("answer %d %+v", answer.StatusCode, i)
	}
	answer := c.call("POST", "/api/v1/clusters/1/identity?wait=10s", `{"features": ["live"]}`, &i)
	if answer.StatusCode != http.StatusOK || !i.InUse || i.RotateAt.IsZero() {
		t.Errorf("answer %d %+v", answer.StatusCode, i)
	}
	if diff := cmp.Diff([]cluster.Feature{cluster.Live}, i.Features); diff != "" {
		t.Error(diff)
	}
	if answer := c.call("POST", "/api/v1/clusters/1/identity", `{"action": "rotate"}`, &i); answer.StatusCode != http.StatusAccepted {
		t.Errorf("a rotation that nobody waits for is answered with %d", answer.StatusCode)
	}
	if answer := c.call("POST", "/api/v1/clusters/1/identity", `{"features": ["teleport"]}`, nil); answer.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("an unknown feature is answered with %d", answer.StatusCode)
	}
}
