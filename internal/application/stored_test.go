package application_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/application"
	"github.com/roadstead/roadstead/internal/audit"
	registered "github.com/roadstead/roadstead/internal/cluster"
)

// named is the sample entry under another name.
func named(name string) string { return strings.Replace(entryText, "name: web", "name: "+name, 1) }

func (w *world) storeEntry(name, text string) application.Entry {
	w.t.Helper()
	e, err := w.service.StoreEntry(w.t.Context(), name, []byte(text))
	if err != nil {
		w.t.Fatalf("store %s: %v", name, err)
	}
	return e
}

// origins lists the catalog as names with their origins.
func (w *world) origins() (all []string) {
	w.t.Helper()
	entries, err := w.service.Catalog(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	for _, e := range entries {
		one, err := w.service.Entry(w.t.Context(), e.Name)
		if diff := cmp.Diff(e, one); diff != "" || err != nil {
			w.t.Errorf("%s listed and alone differ: %v\n%s", e.Name, err, diff)
		}
		all = append(all, e.Name+" "+string(e.Origin))
	}
	return all
}

func TestService_storedEntriesHideOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	below := w.origins()
	w.storeEntry("shop", named("shop"))
	w.storeEntry("web", entryText)
	w.storeEntry("prometheus", named("prometheus"))
	got := strings.Join(w.origins(), "\n")
	for _, want := range []string{"shop stored", "web stored", "prometheus stored", "admin file", "ingress-nginx built_in"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in the catalog:\n%s", want, got)
		}
	}
	for _, name := range []string{"shop", "web", "prometheus"} {
		if err := w.service.RemoveEntry(t.Context(), name); err != nil {
			t.Error(err)
		}
	}
	if diff := cmp.Diff(below, w.origins()); diff != "" {
		t.Errorf("after the removal (-before +after):\n%s", diff)
	}
}

func TestService_storesAnEntryOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for range 2 {
		w.storeEntry("shop", named("shop"))
	}
	w.storeEntry("shop", strings.Replace(named("shop"), "1.0.0", "1.1.0", 1))
	if err := w.service.RemoveEntry(t.Context(), "shop"); err != nil {
		t.Fatal(err)
	}
	row := func(action string, detail map[string]string) audit.Entry {
		return audit.Entry{Action: action, Object: audit.Object{Kind: "catalog", Name: "shop"}, Detail: detail}
	}
	want := []audit.Entry{
		row("catalog.store", map[string]string{"version": "1.0.0"}),
		row("catalog.store", map[string]string{"version": "1.1.0"}),
		row("catalog.remove", map[string]string{}),
	}
	if diff := cmp.Diff(want, w.store.state.record); diff != "" {
		t.Errorf("recorded (-want +got):\n%s", diff)
	}
}

// TestService_readsWhatChanged has a second process change the store.
func TestService_readsWhatChanged(t *testing.T) {
	t.Parallel()
	w, other := newWorld(t), newWorld(t)
	other.store, other.service.Store = w.store, w.store
	w.storeEntry("one", named("one"))
	w.storeEntry("two", named("two"))
	list := func() (titles string) {
		entries, err := w.service.Catalog(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			titles += e.Title + "\n"
		}
		return titles
	}
	list()
	before := w.store.entriesRead
	if list(); w.store.entriesRead != before {
		t.Error("entries that did not change were read again")
	}
	other.storeEntry("one", strings.Replace(named("one"), "A web", "Changed", 1))
	if err := other.service.RemoveEntry(t.Context(), "two"); err != nil {
		t.Fatal(err)
	}
	if titles := list(); strings.Count(titles, "Changed") != 1 || w.store.entriesRead != before+1 {
		t.Errorf("%d read for:\n%s", w.store.entriesRead-before, titles)
	}
	if _, err := w.service.Entry(t.Context(), "two"); apperr.CodeOf(err) != apperr.ApplicationUnknown {
		t.Errorf("an entry that another process removed: %v", err)
	}
}

func TestService_StoreEntry_refuses(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		text, want string
	}{
		"another name":    {named("other"), `The entry is called "other".`},
		"a wrong entry":   {strings.Replace(named("shop"), "1.0.0", "^1", 1), "chart.version"},
		"an own origin":   {named("shop") + "origin: built_in\n", "origin"},
		"a huge entry":    {named("shop") + "# " + strings.Repeat("x", 1<<20), "1 MiB"},
		"a swelling text": {"description: &long " + strings.Repeat("x", 1000) + "\n" + swelling(named("shop")), "aliases"},
		"a long title":    {strings.Replace(named("shop"), "A web", strings.Repeat("x", 256), 1), "255 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			_, err := w.service.StoreEntry(t.Context(), "shop", []byte(tc.text))
			if apperr.CodeOf(err) != apperr.ValidationFailed || !strings.Contains(fmt.Sprint(err), tc.want) {
				t.Errorf("got %v, want validation_failed with %q", err, tc.want)
			}
			if len(w.store.state.stored)+len(w.store.state.record) > 0 {
				t.Error("something was stored")
			}
		})
	}
}

// swelling repeats a text of a thousand bytes more than a thousand times.
func swelling(text string) string {
	text = strings.Replace(text, "description: For tests.\n", "", 1)
	return strings.Replace(text, "verbs: [get]", "verbs: ["+strings.Repeat("*long,", 1100)+"get]", 1)
}

func TestService_StoreEntry_plainWords(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.storeEntry("shop", strings.Replace(named("shop"), "title: A web", `title: "\e[31mA \u202eweb\n"`, 1))
	if e.Title != "A web" {
		t.Errorf("title %q", e.Title)
	}
}

func TestService_theStoredCatalogIsBounded(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		values string
		most   int
	}{
		"entries": {"values: ''\n", 500},
		"bytes":   {"values: 'a: " + strings.Repeat("x", 250_000) + "'\n", 67},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			entry := func(i int) (string, []byte) {
				name := fmt.Sprintf("shop-%d", i)
				return name, []byte(strings.Replace(named(name), "values: |\n  a: 1\n", tc.values, 1))
			}
			for i := range tc.most {
				name, text := entry(i)
				w.storeEntry(name, string(text))
			}
			name, text := entry(tc.most)
			if _, err := w.service.StoreEntry(t.Context(), name, text); apperr.CodeOf(err) != apperr.Conflict {
				t.Errorf("one more: %v", err)
			}
			if got := len(w.store.state.stored); got != tc.most {
				t.Errorf("%d entries are stored, want %d", got, tc.most)
			}
			name, text = entry(0)
			w.storeEntry(name, strings.Replace(string(text), "A web", "The first", 1))
		})
	}
}

func TestService_RemoveEntry_refuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.storeEntry("shop", named("shop"))
	w.install(application.InstallRequest{Name: "shop"})
	for name, want := range map[string]struct {
		code apperr.Code
		text string
	}{
		"shop":          {apperr.Conflict, "The application shop is installed on cluster-7."},
		"admin":         {apperr.Conflict, "comes from the catalog folder"},
		"ingress-nginx": {apperr.Conflict, "is built in"},
		"nothing":       {apperr.ApplicationUnknown, ""},
	} {
		err := w.service.RemoveEntry(t.Context(), name)
		if apperr.CodeOf(err) != want.code || !strings.Contains(fmt.Sprint(err), want.text) {
			t.Errorf("remove %s: %v", name, err)
		}
	}
	if _, err := w.service.Entry(t.Context(), "shop"); err != nil {
		t.Errorf("a refused removal took the entry: %v", err)
	}
}

// TestService_aRemovedEntryUncoversWhatServes has an entry replaced and removed
// while it is installed: the operations keep what they were asked for with.
func TestService_aRemovedEntryUncoversWhatServes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.storeEntry("web", strings.Replace(entryText, "namespace: web", "namespace: shop", 1))
	op := w.install(application.InstallRequest{Name: "web"})
	w.storeEntry("web", strings.Replace(entryText, "1.0.0", "1.1.0", 1))
	w.end(op)
	if err := w.service.RemoveEntry(t.Context(), "web"); err != nil {
		t.Fatal(err)
	}
	if kept := mustOperation(t, w.store, op.ID).Entry; kept.Namespace != "shop" || kept.Chart.Version != "1.0.0" {
		t.Errorf("the operation has %+v", kept)
	}
	v, err := w.service.Application(t.Context(), clusterID, "web")
	if err != nil || v.Entry.Origin != application.File || v.Application.Namespace != "shop" {
		t.Errorf("shown as %+v of %q in %s, %v", v.Application, v.Entry.Origin, v.Application.Namespace, err)
	}
	if again := w.install(application.InstallRequest{Name: "web"}); again.Action != application.Upgrade || again.Entry.Namespace != "shop" {
		t.Errorf("%s in %s, want an upgrade where it is", again.Action, again.Entry.Namespace)
	}
}

// removing finds clusters, and does something first.
type removing struct {
	application.Clusters

	first func() error
}

func (r removing) Cluster(ctx context.Context, id int64) (registered.Cluster, error) {
	if err := r.first(); err != nil {
		return registered.Cluster{}, err
	}
	return r.Clusters.Cluster(ctx, id)
}

// TestService_anEntryGoesBeforeItsInstall removes an entry between the reading
// of an install and its transaction.
func TestService_anEntryGoesBeforeItsInstall(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.storeEntry("shop", named("shop"))
	w.service.Clusters = removing{w.service.Clusters, func() error { return w.service.RemoveEntry(t.Context(), "shop") }}
	_, err := w.service.Install(t.Context(), application.InstallRequest{ClusterID: clusterID, Name: "shop"})
	if apperr.CodeOf(err) != apperr.ApplicationUnknown {
		t.Errorf("got %v, want application_unknown", err)
	}
	if len(w.store.state.applications) > 0 {
		t.Error("an application without an entry was stored")
	}
}
