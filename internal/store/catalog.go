package store

import (
	"context"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/application"
	"github.com/roadstead/roadstead/internal/store/sqlgen"
)

// StoredEntry returns a stored entry of the catalog.
func (s Applications) StoredEntry(ctx context.Context, name string) (e application.Entry, err error) {
	content, err := s.db.reader().CatalogEntry(ctx, name)
	if err == nil {
		err = decode(content, &e)
	}
	return e, doing(err, "read catalog entry %s", name)
}

// StoredRevisions returns the revisions of all stored entries by name.
func (s Applications) StoredRevisions(ctx context.Context) (map[string]int64, error) {
	rows, err := s.db.reader().CatalogRevisions(ctx)
	revisions := make(map[string]int64, len(rows))
	for _, row := range rows {
		revisions[row.Name] = row.Revision
	}
	return revisions, doing(err, "list stored catalog entries")
}

// HoldEntry keeps a stored entry until the transaction ends.
func (t applicationTx) HoldEntry(ctx context.Context, name string) error {
	rows, err := t.HoldCatalogEntry(ctx, name)
	return doing(affected(rows, err, apperr.Of(apperr.NotFound)), "hold catalog entry %s", name)
}

// SetEntry stores an entry, or replaces the one of this name, and reports
// whether that was another one. One such transaction runs at a time: the
// counter of revisions is theirs until they end.
func (t applicationTx) SetEntry(ctx context.Context, e application.Entry) (changed bool, err error) {
	revision, err := t.NextID(ctx, "catalog")
	if err != nil {
		return false, doing(err, "count a change of the catalog")
	}
	content, err := encode(e)
	if err != nil {
		return false, err
	}
	rows, err := t.SetCatalogEntry(ctx, sqlgen.SetCatalogEntryParams{Name: e.Name, Revision: revision, Content: content})
	return rows > 0, doing(err, "store catalog entry %s", e.Name)
}

// StoredSize counts the stored entries and their bytes.
func (t applicationTx) StoredSize(ctx context.Context) (entries, bytes int64, err error) {
	size, err := t.CatalogSize(ctx)
	return size.Entries, size.Bytes, doing(err, "measure the stored catalog")
}

// DeleteEntry deletes a stored entry.
func (t applicationTx) DeleteEntry(ctx context.Context, name string) error {
	rows, err := t.DeleteCatalogEntry(ctx, name)
	return doing(affected(rows, err, apperr.Of(apperr.NotFound)), "delete catalog entry %s", name)
}

// ClustersWith lists the names of clusters that have an application, in order
// of their ids.
func (t applicationTx) ClustersWith(ctx context.Context, name string, limit int) ([]string, error) {
	names, err := t.ClustersWithApplication(ctx, sqlgen.ClustersWithApplicationParams{Name: name, Limit: int32(limit)})
	return names, doing(err, "list clusters with %s", name)
}
