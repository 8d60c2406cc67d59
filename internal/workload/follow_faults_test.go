package workload_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/workload"
)

func TestFaultsOfWatchesAreMended(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]func(r *rig){
		"the version expires": func(r *rig) { r.cluster.forget() },
		"the stream ends":     func(r *rig) { r.cluster.breakStreams() },
		"the stream fails": func(r *rig) {
			r.cluster.do(func() { r.cluster.watchErr, r.cluster.broken = apperr.Of(apperr.ClusterServerError), r.cluster.streams })
			elapse(2 * time.Second)
			r.cluster.do(func() { r.cluster.watchErr = nil })
		},
		"the stream is silent": func(r *rig) {
			r.cluster.do(func() { r.cluster.deaf = true })
			r.cluster.set("unheard")
			elapse(time.Second)
			if len(r.stored()) == len(r.cluster.pods) {
				r.t.Error("the stream was not silent")
			}
			r.cluster.mu.Lock() // only a new stream hears
			r.cluster.deaf = false
			r.cluster.mu.Unlock()
		},
		"a change from before the list comes late": func(r *rig) {
			r.cluster.remove("api")
			r.cluster.forget()
			elapse(10 * time.Second) // it is listed anew, without the pod
			r.cluster.repeat(1)
			elapse(time.Second)
			if rows := r.stored(); len(rows) != 1 {
				r.t.Errorf("an old event brought a pod back: %d rows", len(rows))
			}
		},
		"everything is said twice":    func(r *rig) { r.cluster.repeat(0); r.cluster.repeat(1) },
		"an old change comes late":    func(r *rig) { r.cluster.set("web"); r.cluster.repeat(1) },
		"a change after its removal":  func(r *rig) { r.cluster.swap(func() { r.cluster.set("x") }, func() { r.cluster.remove("x") }) },
		"a removal after the renewal": func(r *rig) { r.cluster.swap(func() { r.cluster.remove("web") }, func() { r.cluster.set("web") }) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(r *rig) {
				r.cluster.set("web")
				r.cluster.set("api")
				r.read()
				r.settles(time.Second)
				fault(r)
				r.cluster.set("new")
				r.cluster.remove("api")
				r.settles(6 * time.Minute)
			})
		})
	}
}

func TestBrokenClusterIsNotAskedInATightLoop(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]func(c *podCluster){
		"every watch expires": func(c *podCluster) { c.watchErr = workload.ErrExpired },
		"every watch fails":   func(c *podCluster) { c.watchErr = apperr.Of(apperr.ClusterServerError) },
		"every list fails":    func(c *podCluster) { c.listErr = apperr.Of(apperr.ClusterRefused) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(r *rig) {
				r.cluster.do(func() { test(r.cluster) })
				r.read()
				elapse(5 * time.Minute)
				r.stop()
				if lists := r.cluster.lists; lists < 3 || lists > 60 {
					r.t.Errorf("%d lists in five minutes", lists)
				}
			})
		})
	}
}

func TestUnreachableClusterKeepsItsRowsAndSaysWhy(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		r.cluster.set("web")
		r.read()
		r.settles(time.Second)
		down := apperr.Of(apperr.ClusterTimeout)
		r.cluster.do(func() { r.cluster.listErr, r.cluster.watchErr, r.cluster.broken = down, down, r.cluster.streams })
		elapse(100 * time.Millisecond)
		if _, status := r.read(); status.State != workload.Stale || status.Code != apperr.ClusterTimeout {
			r.t.Errorf("when the watch was lost: %s %s", status.State, status.Code)
		}
		elapse(30 * time.Second)
		r.cluster.do(func() { r.cluster.listErr = apperr.Of(apperr.ClusterBreakerOpen) })
		for range 10 {
			elapse(31 * time.Second)
			rows, status := r.read()
			if status.State != workload.Unreachable || status.Code != apperr.ClusterTimeout || len(rows) != 1 {
				r.t.Errorf("while it is down: %s %s, %v", status.State, status.Code, rows)
			}
		}
		r.cluster.do(func() { r.cluster.listErr, r.cluster.watchErr = nil, nil })
		r.settles(2 * time.Minute)
	})
}

func TestListIsReadAgainWhenItsRestExpires(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		for i := range 100 {
			r.cluster.set(fmt.Sprintf("web-%d", i))
		}
		r.cluster.do(func() { r.cluster.expiring = 2 })
		r.read()
		r.settles(10 * time.Second)
		if r.cluster.expiring != 0 {
			r.t.Error("no list was cut off")
		}
	})
}

func TestTooManyObjectsMakeTheKeyIncomplete(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		for i := range 80 {
			r.cluster.set(fmt.Sprintf("web-%03d", i))
		}
		r.read()
		elapse(10 * time.Second)
		rows, status := r.read()
		if len(rows) != 50 || !status.Incomplete || status.State != workload.Stale || status.Total != 80 {
			r.t.Errorf("%d rows, %+v", len(rows), status)
		}
		for i := range 40 {
			r.cluster.remove(fmt.Sprintf("web-%03d", i))
		}
		for range 60 { // somebody keeps looking until it is listed again
			elapse(10 * time.Second)
			r.read()
		}
		r.settles(time.Second)
	}, func(c *workload.FollowersConfig) { c.MaxItems = 50 })
}

func TestListsThatNeverEndAreRefused(t *testing.T) {
	t.Parallel()
	for name, source := range map[string]listFunc{
		"the same page again": func(token string) workload.Listing[workload.Pod] {
			return workload.Listing[workload.Pod]{Items: []workload.Item[workload.Pod]{podAt("a", 1)}, Next: "again"}
		},
		"empty pages": func(token string) workload.Listing[workload.Pod] {
			return workload.Listing[workload.Pod]{Next: token + "x"}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(r *rig) {
				r.read()
				elapse(3 * time.Second)
				_, status := r.read()
				if status.State != workload.Unreachable || status.Code != apperr.ClusterBadResponse {
					r.t.Errorf("state = %s %s", status.State, status.Code)
				}
			}, func(c *workload.FollowersConfig) { c.PodSource = source })
		})
	}
}

func TestLargePagesAreAskedForInHalves(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		for i := range 700 {
			r.cluster.set(fmt.Sprintf("web-%d", i))
		}
		r.read()
		r.settles(time.Second)
	}, func(c *workload.FollowersConfig) { c.PodSource = smallPages{c.PodSource, 100} })
}

func TestDeadAndSlowClustersAreInNobodysWay(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		for i := range 100 {
			r.cluster.set(fmt.Sprintf("web-%d", i))
		}
		read := func(scope string) workload.State {
			_, status, err := r.mirror.Pods(r.t.Context(), 1, scope, workload.Page{})
			if err != nil {
				r.t.Fatal(err)
			}
			return status.State
		}
		for i := range 10 {
			read(fmt.Sprintf("dead-%d", i))
		}
		for i := range 20 {
			read(fmt.Sprintf("slow-%d", i))
		}
		elapse(2 * time.Minute) // by now every slow one has been found out
		for i := range 10 {
			scope := fmt.Sprintf("shop-%d", i)
			read(scope)
			elapse(3 * time.Second)
			if state := read(scope); state != workload.Live {
				r.t.Errorf("%s is %s after three seconds", scope, state)
			}
		}
	}, func(c *workload.FollowersConfig) { c.PodSource = troubled{c.PodSource} })
}

// troubled is a source whose scopes are as their names say: dead ones never
// answer, slow ones take long for each page but the first.
type troubled struct{ workload.Source[workload.Pod] }

func (s troubled) List(
	ctx context.Context, key workload.Key, token string, limit int,
) (workload.Listing[workload.Pod], error) {
	var delay time.Duration
	switch {
	case strings.HasPrefix(key.Scope, "dead"):
		delay = 30 * time.Second
	case strings.HasPrefix(key.Scope, "slow") && token != "":
		delay = 10 * time.Second
		limit = 20
	}
	select {
	case <-time.After(delay):
	case <-ctx.Done():
		return workload.Listing[workload.Pod]{}, ctx.Err()
	}
	if delay == 30*time.Second {
		return workload.Listing[workload.Pod]{}, apperr.Of(apperr.ClusterTimeout)
	}
	return s.Source.List(ctx, key, token, limit)
}
