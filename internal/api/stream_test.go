package api_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/roadstead/roadstead/internal/api"
	"github.com/roadstead/roadstead/internal/apitest"
	"github.com/roadstead/roadstead/internal/event"
)

func TestEventsFollowTopics(t *testing.T) {
	t.Parallel()
	w, c := newClient(t)
	c.shop()
	response := c.open("GET", "/api/v1/events?topics=clusters,mirror/1/pods/shop-1", "")
	defer func() { _ = response.Body.Close() }()
	open := events(t, response.Body, 1)
	w.Bus.Publish(t.Context(), event.Notice{Topic: "operation/1"}, event.Notice{Topic: "mirror/1/pods/shop-1", Revision: 9})
	got := slices.Concat(open, events(t, response.Body, 1))
	want := []sse{{"open", "{}"}, {"change", `{"topic":"mirror/1/pods/shop-1","revision":9}`}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

// Answers name a group's topic, so it can be followed.
func TestGroupIsFollowed(t *testing.T) {
	t.Parallel()
	_, c := newClient(t)
	c.shop()
	var group api.Group
	c.call("GET", "/api/v1/groups/acme", "", &group)
	response := c.open("GET", "/api/v1/events?topics="+group.Topic, "")
	defer func() { _ = response.Body.Close() }()
	if open := events(t, response.Body, 1); len(open) != 1 {
		t.Fatalf("%s is not followed: %d", group.Topic, response.StatusCode)
	}
	c.must("PATCH", "/api/v1/groups/acme", `{"name": "Acme"}`)
	for _, e := range events(t, response.Body, 1) {
		var change api.Notice
		if decode(t, e.Data, &change); change.Topic != group.Topic {
			t.Errorf("event %+v, want a change of %s", e, group.Topic)
		}
	}
}

func TestTopicsThatNobodyMayFollow(t *testing.T) {
	t.Parallel()
	_, c := newClient(t)
	for name, topics := range map[string]string{
		"credential": "credential/1",
		"unknown":    "secrets",
		"none":       "",
		"too many":   strings.Repeat("clusters,", 51) + "clusters",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got api.Problem
			if c.call("GET", "/api/v1/events?topics="+topics, "", &got); got.Code != "validation_failed" {
				t.Errorf("problem %+v", got)
			}
		})
	}
}

func TestQuietStreamBeats(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHeld(t)
		defer close(h.Applications.Hold)
		ctx, cancel := context.WithTimeout(t.Context(), 40*time.Second)
		defer cancel()
		answer := h.get(ctx, "GET", "/events?topics=clusters", "")
		if beats := strings.Count(answer.Body.String(), ":\n\n"); beats != 2 {
			t.Errorf("%d heartbeats in 40s: %q", beats, answer.Body)
		}
	})
}

// limited records the write limits of its connection.
type limited struct {
	*httptest.ResponseRecorder

	limits []time.Time
}

func (l *limited) SetWriteDeadline(t time.Time) error {
	l.limits = append(l.limits, t)
	return nil
}

func TestStreamLeavesNoLimitOnItsConnection(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHeld(t)
		close(h.Applications.Hold)
		request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/api/v1/operations/1/log?follow=true", nil)
		request.Header.Set("Private-Token", apitest.Token)
		answer := &limited{ResponseRecorder: httptest.NewRecorder()}
		h.mux.ServeHTTP(answer, request)
		if last := len(answer.limits) - 1; last < 1 || answer.limits[0].IsZero() || !answer.limits[last].IsZero() {
			t.Errorf("write limits %v: each event needs one, and the end of the stream none", answer.limits)
		}
	})
}

func TestFollowedLogEndsWithTheOperation(t *testing.T) {
	t.Parallel()
	w, c := newClient(t)
	c.shop()
	w.Applications.Hold = make(chan struct{})
	c.must("POST", "/api/v1/clusters/staging/applications/web/install", "")
	response := c.open("GET", "/api/v1/operations/1/log?follow=true", "")
	defer func() { _ = response.Body.Close() }()
	close(w.Applications.Hold)

	var lines []int64
	var last api.Operation
	for _, e := range events(t, response.Body, 1000) {
		switch e.Event {
		case "line":
			var line api.LogLine
			decode(t, e.Data, &line)
			lines = append(lines, line.Seq)
		case "operation":
			decode(t, e.Data, &last)
		}
	}
	if diff := cmp.Diff([]int64{1, 2, 3, 4}, lines); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
	if !last.Final || last.State != "succeeded" {
		t.Errorf("the last event shows %+v", last)
	}
}

func TestFollowedLogResumesAfterALine(t *testing.T) {
	t.Parallel()
	_, c := newClient(t)
	c.shop()
	c.must("POST", "/api/v1/clusters/staging/applications/web/install?wait=10s", "")
	response := c.open("GET", "/api/v1/operations/1/log?follow=true&after=3", "")
	defer func() { _ = response.Body.Close() }()
	got := events(t, response.Body, 1000)
	if len(got) != 2 || got[0].Event != "line" || got[1].Event != "operation" {
		t.Fatalf("events %+v", got)
	}
	var op api.Operation
	decode(t, got[1].Data, &op)
	var names []string
	for _, step := range op.Steps {
		names = append(names, step.Name)
	}
	if !strings.Contains(strings.Join(names, " "), "fetch install") {
		t.Errorf("the steps before the resumed line are missing: %v", names)
	}
}

func TestLogIsReadInPages(t *testing.T) {
	t.Parallel()
	_, c := newClient(t)
	c.shop()
	c.must("POST", "/api/v1/clusters/staging/applications/web/install?wait=10s", "")
	var first, second api.LogPage
	c.call("GET", "/api/v1/operations/1/log?limit=3", "", &first)
	c.call("GET", "/api/v1/operations/1/log?after=3", "", &second)
	if len(first.Items) != 3 || first.Next != 3 || len(second.Items) != 1 || !second.Final {
		t.Errorf("pages %+v and %+v", first, second)
	}
	if response := c.call("GET", "/api/v1/operations/9/log", "", nil); response.StatusCode != http.StatusNotFound {
		t.Errorf("status %d for the log of no operation", response.StatusCode)
	}
}

func decode(t *testing.T, text string, out any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), out); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
}
