package application

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/audit"
)

// Bounds of the stored catalog: lists of it come whole.
const (
	maxStored      = 500
	maxStoredBytes = 16 << 20
	// namedClusters is how many clusters a refusal names.
	namedClusters = 3
)

// shelf keeps the stored entries as they were read last. Every list compares
// the revisions, so that what another process changed is seen at once.
type shelf struct {
	kept atomic.Pointer[map[string]shelved]
}

type shelved struct {
	entry    Entry
	revision int64
}

// entries returns the stored entries, and reads those that changed since.
func (s *shelf) entries(ctx context.Context, store Store) (map[string]shelved, error) {
	revisions, err := store.StoredRevisions(ctx)
	if err != nil {
		return nil, fmt.Errorf("list the stored catalog: %w", err)
	}
	known := map[string]shelved{}
	if kept := s.kept.Load(); kept != nil {
		known = *kept
	}
	fresh := make(map[string]shelved, len(revisions))
	for name, revision := range revisions {
		if there, ok := known[name]; ok && there.revision == revision {
			fresh[name] = there
			continue
		}
		e, err := store.StoredEntry(ctx, name)
		switch {
		case apperr.CodeOf(err) == apperr.NotFound: // it went meanwhile
		case err != nil:
			return nil, fmt.Errorf("read the stored entry %s: %w", name, err)
		default:
			e.Origin = Stored
			fresh[name] = shelved{e, revision}
		}
	}
	s.kept.Store(&fresh)
	return fresh, nil
}

// Catalog lists what can be installed, by name.
func (s *Service) Catalog(ctx context.Context) ([]Entry, error) {
	all, err := s.catalog(ctx)
	return slices.SortedFunc(maps.Values(all), func(a, b Entry) int { return strings.Compare(a.Name, b.Name) }), err
}

// catalog returns all entries by name: a stored one hides what is below it.
func (s *Service) catalog(ctx context.Context) (map[string]Entry, error) {
	stored, err := s.shelf.entries(ctx, s.Store)
	if err != nil {
		return nil, err
	}
	all := maps.Clone(s.Known.entries)
	for name, one := range stored {
		all[name] = one.entry
	}
	return all, nil
}

// Entry finds an entry of the catalog, or returns an error of code
// application_unknown.
func (s *Service) Entry(ctx context.Context, name string) (Entry, error) {
	e, err := s.Store.StoredEntry(ctx, name)
	switch {
	case apperr.CodeOf(err) == apperr.NotFound:
		return s.Known.Entry(name)
	case err != nil:
		return Entry{}, fmt.Errorf("read the stored entry %s: %w", name, err)
	}
	e.Origin = Stored
	return e, nil
}

// StoreEntry stores an entry, in the form of a catalog file, over what is there
// under its name. To store the same again changes nothing. What is installed
// stays as it is until somebody upgrades it.
func (s *Service) StoreEntry(ctx context.Context, name string, text []byte) (Entry, error) {
	e, err := ParseEntry(text)
	if err != nil {
		return Entry{}, err
	}
	if e.Name != name {
		return Entry{}, apperr.New(apperr.ValidationFailed, fmt.Sprintf("The entry is called %q.", e.Name), "Store it under its name.")
	}
	err = s.Store.Atomically(ctx, func(tx Tx) error {
		changed, err := tx.SetEntry(ctx, e)
		if err != nil || !changed {
			return err
		}
		if err := room(ctx, tx); err != nil {
			return err
		}
		return tx.Record(ctx, e.change("catalog.store"))
	})
	if err != nil {
		return Entry{}, fmt.Errorf("store catalog entry %s: %w", name, err)
	}
	e.Origin = Stored
	return e, nil
}

// room refuses what would make the stored catalog too large.
func room(ctx context.Context, tx Tx) error {
	entries, bytes, err := tx.StoredSize(ctx)
	if err != nil {
		return err
	}
	if entries > maxStored || bytes > maxStoredBytes {
		return apperr.New(apperr.Conflict, fmt.Sprintf("The stored catalog is full: it holds %d entries and 16 MiB at most.", maxStored),
			"Remove entries that nobody installs.")
	}
	return nil
}

// RemoveEntry removes a stored entry and uncovers what is below it. Where that
// is nothing, no cluster may have the application: it could only be uninstalled.
func (s *Service) RemoveEntry(ctx context.Context, name string) error {
	below, err := s.Known.Entry(name)
	covers := err == nil
	err = s.Store.Atomically(ctx, func(tx Tx) error {
		err := tx.DeleteEntry(ctx, name)
		switch {
		case apperr.CodeOf(err) == apperr.NotFound && covers:
			return notStored(below)
		case apperr.CodeOf(err) == apperr.NotFound:
			return apperr.Of(apperr.ApplicationUnknown).With(err)
		case err != nil:
			return err
		}
		if !covers {
			if err := unused(ctx, tx, name); err != nil {
				return err
			}
		}
		return tx.Record(ctx, Entry{Name: name}.change("catalog.remove"))
	})
	if err != nil {
		return fmt.Errorf("remove catalog entry %s: %w", name, err)
	}
	return nil
}

func notStored(e Entry) error {
	from := "is built in"
	if e.Origin == File {
		from = "comes from the catalog folder"
	}
	return apperr.New(apperr.Conflict, fmt.Sprintf("The entry %s %s.", e.Name, from),
		"Only stored entries can be removed; a stored one hides it.")
}

// unused refuses to go on while a cluster has the application. An install that
// is on its way holds the entry, so it is seen.
func unused(ctx context.Context, tx Tx, name string) error {
	clusters, err := tx.ClustersWith(ctx, name, namedClusters+1)
	if err != nil || len(clusters) == 0 {
		return err
	}
	more := ""
	if len(clusters) > namedClusters {
		clusters, more = clusters[:namedClusters], " and others"
	}
	where := apperr.Clean(strings.Join(clusters, ", "), maxLine).String() + more
	return apperr.New(apperr.Conflict, fmt.Sprintf("The application %s is installed on %s.", name, where), "Uninstall it there first.")
}

// change is what is recorded of a change of the stored catalog.
func (e Entry) change(action string) audit.Entry {
	change := audit.Entry{Action: action, Object: audit.Object{Kind: "catalog", Name: e.Name}}
	if e.Chart.Version != "" {
		change.Detail = map[string]string{"version": e.Chart.Version}
	}
	return change
}
