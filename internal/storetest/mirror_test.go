package storetest_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/store"
	"github.com/roadstead/roadstead/internal/storetest"
	"github.com/roadstead/roadstead/internal/work"
	"github.com/roadstead/roadstead/internal/workload"
)

func mirrorNow() time.Time { return time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC) }

func shopPods() workload.Key {
	return workload.Key{Cluster: 7, Kind: workload.Pods, Scope: "shop"}
}

// eachMirror runs a test over a mirror in either database.
func eachMirror(t *testing.T, test func(t *testing.T, m *store.Mirror)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, openMirror(t, filepath.Join(t.TempDir(), "mirror.db"), ""))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(t, openMirror(t, "", storetest.Postgres(t)))
	})
}

func openMirror(t *testing.T, path, url string) *store.Mirror {
	t.Helper()
	m, err := store.OpenMirror(t.Context(), path, url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	return m
}

// followed returns the status of a key that a follower of epoch 1 holds.
func followed(t *testing.T, m *store.Mirror, key workload.Key) workload.Status {
	t.Helper()
	if _, err := m.Want(t.Context(), key, mirrorNow().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	status, err := m.Begin(t.Context(), key, 1, mirrorNow().Add(time.Second))
	if err != nil {
		t.Fatal(err)
	}
	return status
}

func pod(namespace, name string, version, n int64) workload.Item[workload.Pod] {
	return workload.Item[workload.Pod]{
		Ref: workload.Ref{Namespace: namespace, Name: name}, Version: version, N: n,
		Row: workload.Pod{
			Namespace: namespace, Name: name, UID: "uid-" + name, Phase: "Running", Reason: "CrashLoopBackOff", Ready: 1,
			Containers: 2, Restarts: int(version), Node: "node-1", IP: "10.0.0.1", App: "web", OwnerKind: "ReplicaSet",
			OwnerName: "web-1", CreatedAt: mirrorNow(), N: n,
		},
	}
}

func write(t *testing.T, m *store.Mirror, status workload.Status, batch workload.Batch[workload.Pod]) {
	t.Helper()
	if err := m.Pods.Write(t.Context(), status, batch); err != nil {
		t.Fatal(err)
	}
}

func names(pods []workload.Pod) []string {
	var names []string
	for _, p := range pods {
		names = append(names, p.Namespace+"/"+p.Name)
	}
	return names
}

func page(t *testing.T, m *store.Mirror, status workload.Status, p workload.Page) []workload.Pod {
	t.Helper()
	if p.Limit == 0 {
		p.Limit = workload.DefaultPage
	}
	pods, err := m.Pods.Page(t.Context(), status.ID, p)
	if err != nil {
		t.Fatal(err)
	}
	return pods
}

func TestMirrorKeepsWholeRows(t *testing.T) {
	t.Parallel()
	eachMirror(t, func(t *testing.T, m *store.Mirror) {
		t.Helper()
		status := followed(t, m, shopPods())
		items := make([]workload.Item[workload.Pod], 250) // more than one statement holds
		for i := range items {
			items[i] = pod("shop", fmt.Sprintf("web-%03d", i), int64(i+1), int64(i+1))
		}
		write(t, m, status, workload.Batch[workload.Pod]{Fill: true, Items: items})
		got := page(t, m, status, workload.Page{Limit: 500})
		if len(got) != len(items) {
			t.Fatalf("%d rows, want %d", len(got), len(items))
		}
		for i := range got {
			if diff := cmp.Diff(items[i].Row, got[i]); diff != "" {
				t.Fatalf("row %d (-want +got):\n%s", i, diff)
			}
		}

		key := workload.Key{Cluster: 7, Kind: workload.Deployments, Scope: "shop"}
		status = followed(t, m, key)
		want := workload.Deployment{
			Namespace: "shop", Name: "web", UID: "u", Wanted: 3, Updated: 2, Ready: 1, Available: 1,
			Outdated: true, App: "web", CreatedAt: mirrorNow(), N: 1,
		}
		item := workload.Item[workload.Deployment]{Ref: workload.Ref{Namespace: "shop", Name: "web"}, N: 1, Row: want}
		batch := workload.Batch[workload.Deployment]{Items: []workload.Item[workload.Deployment]{item}}
		if err := m.Deployments.Write(t.Context(), status, batch); err != nil {
			t.Fatal(err)
		}
		deployments, err := m.Deployments.Page(t.Context(), status.ID, workload.Page{Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]workload.Deployment{want}, deployments); diff != "" {
			t.Errorf("deployments (-want +got):\n%s", diff)
		}
	})
}

func TestMirrorPagesInOrderOfName(t *testing.T) {
	t.Parallel()
	eachMirror(t, func(t *testing.T, m *store.Mirror) {
		t.Helper()
		status := followed(t, m, workload.Key{Cluster: 7, Kind: workload.Pods, Scope: workload.AllNamespaces})
		other := pod("blog", "b", 1, 4)
		other.Row.App = "blog"
		write(t, m, status, workload.Batch[workload.Pod]{Items: []workload.Item[workload.Pod]{
			pod("shop", "b", 1, 1), pod("shop", "B", 1, 2), pod("shop", "a-1", 1, 3), other, pod("blog", "c", 1, 5),
		}})
		for name, test := range map[string]struct {
			page workload.Page
			want []string
		}{
			"all":                 {workload.Page{}, []string{"shop/B", "shop/a-1", "blog/b", "shop/b", "blog/c"}},
			"limited":             {workload.Page{Limit: 2}, []string{"shop/B", "shop/a-1"}},
			"after":               {workload.Page{After: workload.Ref{Namespace: "blog", Name: "b"}}, []string{"shop/b", "blog/c"}},
			"namespace":           {workload.Page{Namespace: "shop"}, []string{"shop/B", "shop/a-1", "shop/b"}},
			"namespace after":     {workload.Page{Namespace: "shop", After: workload.Ref{Name: "a-1"}}, []string{"shop/b"}},
			"application":         {workload.Page{App: "blog"}, []string{"blog/b"}},
			"application in":      {workload.Page{App: "web", Namespace: "blog"}, []string{"blog/c"}},
			"application after":   {workload.Page{App: "web", After: workload.Ref{Namespace: "shop", Name: "b"}}, []string{"blog/c"}},
			"unknown application": {workload.Page{App: "nothing"}, nil},
		} {
			if diff := cmp.Diff(test.want, names(page(t, m, status, test.page))); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
		}
	})
}

func TestMirrorTakesOnlyWhatIsNewerFromAWatch(t *testing.T) {
	t.Parallel()
	eachMirror(t, func(t *testing.T, m *store.Mirror) {
		t.Helper()
		status := followed(t, m, shopPods())
		restarts := func() int { return page(t, m, status, workload.Page{})[0].Restarts }
		one := func(version, n int64) []workload.Item[workload.Pod] {
			return []workload.Item[workload.Pod]{pod("shop", "web", version, n)}
		}
		write(t, m, status, workload.Batch[workload.Pod]{Items: one(5, 1)})
		write(t, m, status, workload.Batch[workload.Pod]{Items: one(4, 2)})
		if got := restarts(); got != 5 {
			t.Errorf("an older event replaced a newer row: %d", got)
		}
		write(t, m, status, workload.Batch[workload.Pod]{Gone: []workload.Gone{
			{Ref: workload.Ref{Namespace: "shop", Name: "web"}, Version: 4, N: 3},
		}})
		if got := restarts(); got != 5 {
			t.Error("an older deletion removed a newer row")
		}
		write(t, m, status, workload.Batch[workload.Pod]{Fill: true, Items: one(3, 4)})
		if got := restarts(); got != 3 {
			t.Errorf("a list did not replace the row of a cluster that went back: %d", got)
		}
		write(t, m, status, workload.Batch[workload.Pod]{Fill: true, Items: one(3, 5)})
		if got := page(t, m, status, workload.Page{})[0].N; got != 4 {
			t.Errorf("a list that saw no change moved the row to revision %d", got)
		}
	})
}

func TestMirrorListsWhatAListDidNotSee(t *testing.T) {
	t.Parallel()
	eachMirror(t, func(t *testing.T, m *store.Mirror) {
		t.Helper()
		status := followed(t, m, shopPods())
		write(t, m, status, workload.Batch[workload.Pod]{Mark: 1, Fill: true, Items: []workload.Item[workload.Pod]{
			pod("shop", "a", 1, 1), pod("shop", "b", 1, 2), pod("shop", "c", 1, 3), pod("shop", "d", 1, 4),
		}})
		write(t, m, status, workload.Batch[workload.Pod]{Mark: 5, Fill: true, Items: []workload.Item[workload.Pod]{
			pod("shop", "b", 1, 6),
		}})
		unmarked := func(after string, limit int) []string {
			gone, err := m.Pods.Unmarked(t.Context(), status, 5, workload.Ref{Namespace: "shop", Name: after}, limit)
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, g := range gone {
				names = append(names, g.Name)
			}
			return names
		}
		if diff := cmp.Diff([]string{"a", "c"}, unmarked("", 2)); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]string{"d"}, unmarked("c", 2)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestMirrorTellsWhatChangedSince(t *testing.T) {
	t.Parallel()
	eachMirror(t, func(t *testing.T, m *store.Mirror) {
		t.Helper()
		status := followed(t, m, shopPods())
		write(t, m, status, workload.Batch[workload.Pod]{Items: []workload.Item[workload.Pod]{
			pod("shop", "a", 1, 1), pod("shop", "b", 1, 2), pod("shop", "c", 1, 3),
		}})
		a, unknown := workload.Ref{Namespace: "shop", Name: "a"}, workload.Ref{Namespace: "shop", Name: "x"}
		write(t, m, status, workload.Batch[workload.Pod]{
			Items: []workload.Item[workload.Pod]{pod("shop", "b", 2, 4)},
			Gone:  []workload.Gone{{Ref: a, Version: 2, N: 5}, {Ref: unknown, Version: 2, N: 6}},
		})
		rows, gone, err := m.Pods.Since(t.Context(), status.ID, 2, 10)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"shop/c", "shop/b"}, names(rows)); diff != "" {
			t.Errorf("changed (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]workload.Gone{{Ref: a, Version: 2, N: 5}}, gone); diff != "" {
			t.Errorf("gone (-want +got):\n%s", diff)
		}

		if err := m.Prune(t.Context(), time.Now().Add(time.Hour), time.Time{}); err != nil {
			t.Fatal(err)
		}
		_, gone, err = m.Pods.Since(t.Context(), status.ID, 2, 10)
		if err != nil || len(gone) != 0 {
			t.Errorf("after the deletions were pruned: %v, %v", gone, err)
		}
		if status, err = m.Status(t.Context(), shopPods()); err != nil || status.Floor != 5 {
			t.Errorf("floor = %d, %v; want the last deletion that was forgotten", status.Floor, err)
		}
	})
}

func TestMirrorForgets(t *testing.T) {
	t.Parallel()
	eachMirror(t, func(t *testing.T, m *store.Mirror) {
		t.Helper()
		other := workload.Key{Cluster: 8, Kind: workload.Pods, Scope: "shop"}
		kept, lost := followed(t, m, other), followed(t, m, shopPods())
		items := make([]workload.Item[workload.Pod], 1200)
		for i := range items {
			items[i] = pod("shop", fmt.Sprintf("web-%d", i), 1, int64(i+1))
		}
		write(t, m, lost, workload.Batch[workload.Pod]{Items: items})
		write(t, m, kept, workload.Batch[workload.Pod]{Items: items[:1]})
		if err := m.Forget(t.Context(), 7); err != nil {
			t.Fatal(err)
		}
		if err := m.Save(t.Context(), lost); !errors.Is(err, work.ErrLeaseLost) {
			t.Errorf("write to a forgotten key: %v", err)
		}
		if n := len(page(t, m, lost, workload.Page{Limit: 5000})); n != 0 {
			t.Errorf("%d rows are left", n)
		}
		again, err := m.Want(t.Context(), shopPods(), mirrorNow().Add(time.Hour))
		if err != nil || again.ID == lost.ID || !again.AsOf.IsZero() {
			t.Errorf("read again: %+v, %v", again, err)
		}
		if n := len(page(t, m, kept, workload.Page{})); n != 1 {
			t.Errorf("another cluster holds %d rows", n)
		}

		if err := m.Prune(t.Context(), time.Time{}, mirrorNow().Add(30*time.Minute)); err != nil {
			t.Fatal(err)
		}
		if _, err := m.Status(t.Context(), other); apperr.CodeOf(err) != apperr.NotFound {
			t.Errorf("a key that nobody wanted for long: %v", err)
		}
		if _, err := m.Status(t.Context(), shopPods()); err != nil {
			t.Errorf("a key that is wanted: %v", err)
		}
	})
}
