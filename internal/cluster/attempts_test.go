package cluster

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/auth"
)

func as(t *testing.T, name string, admin bool) context.Context {
	t.Helper()
	return auth.WithIdentity(t.Context(), auth.Identity{Name: name, Admin: admin})
}

// waits returns how long the limit makes the caller wait; 0 when it does not.
func waits(t *testing.T, err error) time.Duration {
	t.Helper()
	if err == nil {
		return 0
	}
	limited, ok := apperr.From(err)
	if !ok || limited.Code != apperr.RateLimited || limited.After <= 0 {
		t.Fatalf("err = %v, want rate_limited with a time", err)
	}
	return limited.After
}

func host(i int) string { return "https://10.0.0.1:" + strconv.Itoa(1024+i) }

func TestSixChecksAMinuteForEachUser(t *testing.T) {
	t.Parallel()
	start := time.Unix(1_800_000_000, 0)
	var a attempts
	ann, bob := as(t, "ann", false), as(t, "bob", false)
	// Ann asks once a second for five minutes, of another host each time.
	passed := 0
	for second := range 300 {
		if waits(t, a.allow(ann, host(second), start.Add(time.Duration(second)*time.Second))) == 0 {
			passed++
		}
		if second == 6 {
			if err := a.allow(bob, host(1000), start.Add(6*time.Second)); err != nil {
				t.Errorf("one user's checks limit another: %v", err)
			}
		}
	}
	if passed != 6+29 {
		t.Errorf("%d checks passed in five minutes, want the burst of 6 and one per 10 s", passed)
	}
	if wait := waits(t, a.allow(ann, host(2000), start.Add(300*time.Second))); wait != 0 {
		t.Errorf("after the time that was named, the user waits %s more", wait)
	}
}

func TestOneCheckOfAHostAtATime(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	var a attempts
	if err := a.allow(as(t, "ann", false), "https://k8s.example.com", now); err != nil {
		t.Fatal(err)
	}
	if wait := waits(t, a.allow(as(t, "bob", false), "https://k8s.example.com:443/base", now.Add(4*time.Second))); wait != 6*time.Second {
		t.Errorf("the second check of a host waits %s, want what is left of 10 s", wait)
	}
	if err := a.allow(as(t, "bob", false), "https://k8s.example.com:6443", now.Add(4*time.Second)); err != nil {
		t.Errorf("another port: %v", err)
	}
	if err := a.allow(as(t, "bob", false), "https://k8s.example.com", now.Add(10*time.Second)); err != nil {
		t.Errorf("after the first is over: %v", err)
	}
}

func TestAdministratorsAndJobsAreNotLimited(t *testing.T) {
	t.Parallel()
	var a attempts
	for range 100 {
		for name, ctx := range map[string]context.Context{"an administrator": as(t, "root", true), "a job": t.Context()} {
			if err := a.allow(ctx, host(1), time.Unix(1, 0)); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
	}
}

// TestLimitsTakeBoundedMemory floods the tables: they stay small, refuse when full, and free themselves.
func TestLimitsTakeBoundedMemory(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	var a attempts
	refused := 0
	for i := range maxAttempts + 100 {
		if a.allow(as(t, strconv.Itoa(i), false), host(i), now) != nil {
			refused++
		}
	}
	if len(a.users) > maxAttempts || len(a.hosts) > maxAttempts || refused != 100 {
		t.Errorf("%d users and %d hosts are remembered, %d refused", len(a.users), len(a.hosts), refused)
	}
	if err := a.allow(as(t, "late", false), host(1), now.Add(time.Minute)); err != nil || len(a.users) != 1 {
		t.Errorf("a minute later: %v, %d users", err, len(a.users))
	}
}
