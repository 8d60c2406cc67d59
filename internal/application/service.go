package application

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/cluster"
)

// Service answers and takes requests. It reads and writes the store only: the
// cluster is the Machine's business.
type Service struct {
	Store    Store
	Clusters Clusters
	Sealer   Sealer
	// Known is the catalog below what is stored.
	Known *Catalog
	// Rights prints manifests.
	Rights RightsPrinter
	// Now tells the time; nil means time.Now.
	Now func() time.Time

	shelf shelf
}

// Clusters finds the clusters that applications are installed on.
type Clusters interface {
	Cluster(ctx context.Context, id int64) (cluster.Cluster, error)
}

// RightsPrinter renders what a cluster administrator applies so that our
// identity can give an application the rights it needs, as YAML.
type RightsPrinter interface {
	RightsManifest(e Entry, home string) (string, error)
}

// View is an application as people see it.
type View struct {
	// Entry is the catalog's, or that of the latest operation when the catalog
	// has none any more.
	Entry Entry
	// Application has the state Installable and no id while it never was
	// installed.
	Application Application
	// Operation is the latest one, nil when there was none.
	Operation *Operation
	// UpdateAvailable says that the catalog has another version than the
	// installed one.
	UpdateAvailable bool
}

// Applications lists the catalog and what is installed of it on a cluster, by
// name.
func (s *Service) Applications(ctx context.Context, clusterID int64) ([]View, error) {
	rows, err := s.Store.Applications(ctx, clusterID)
	if err != nil {
		return nil, fmt.Errorf("list applications of cluster %d: %w", clusterID, err)
	}
	all, err := s.catalog(ctx)
	if err != nil {
		return nil, err
	}
	views := make(map[string]View, len(all))
	for name, e := range all {
		views[name] = installable(clusterID, e)
	}
	for _, row := range rows {
		e, offered := all[row.Name]
		if views[row.Name], err = s.view(ctx, row, e, offered); err != nil {
			return nil, err
		}
	}
	return slices.SortedFunc(maps.Values(views), func(a, b View) int { return strings.Compare(a.Entry.Name, b.Entry.Name) }), nil
}

// Busy reports whether an operation runs on a cluster, or waits to.
func (s *Service) Busy(ctx context.Context, clusterID int64) (bool, error) {
	rows, err := s.Store.Applications(ctx, clusterID)
	if err != nil {
		return false, fmt.Errorf("list applications of cluster %d: %w", clusterID, err)
	}
	return slices.ContainsFunc(rows, func(a Application) bool { return a.State.Busy() }), nil
}

// Application finds one application of a cluster.
func (s *Service) Application(ctx context.Context, clusterID int64, name string) (View, error) {
	e, unknown := s.Entry(ctx, name)
	if unknown != nil && apperr.CodeOf(unknown) != apperr.ApplicationUnknown {
		return View{}, unknown
	}
	row, err := s.Store.Application(ctx, clusterID, name)
	switch {
	case err == nil:
		return s.view(ctx, row, e, unknown == nil)
	case apperr.CodeOf(err) != apperr.NotFound:
		return View{}, fmt.Errorf("read application %s of cluster %d: %w", name, clusterID, err)
	case unknown != nil:
		return View{}, unknown
	default:
		return installable(clusterID, e), nil
	}
}

func installable(clusterID int64, e Entry) View {
	return View{Entry: e, Application: Application{
		ClusterID: clusterID, Name: e.Name, Namespace: e.Namespace, State: Installable,
	}}
}

// view shows an application with its entry, if the catalog still offers one.
func (s *Service) view(ctx context.Context, row Application, e Entry, offered bool) (View, error) {
	v := View{Application: row, Entry: Entry{Name: row.Name, Title: row.Name, Namespace: row.Namespace}}
	if row.OperationID != 0 {
		op, err := s.Store.Operation(ctx, row.OperationID)
		if err != nil && apperr.CodeOf(err) != apperr.NotFound {
			return View{}, fmt.Errorf("read operation %d: %w", row.OperationID, err)
		}
		if err == nil {
			v.Operation, v.Entry = &op, op.Entry
		}
	}
	if offered {
		v.Entry = e
		v.UpdateAvailable = row.Version != "" && row.Version != e.Chart.Version
	}
	return v, nil
}

// Operation finds an operation.
func (s *Service) Operation(ctx context.Context, id int64) (Operation, error) {
	return s.Store.Operation(ctx, id)
}

// Operations lists an application's operations, the latest first.
func (s *Service) Operations(ctx context.Context, applicationID int64, limit int) ([]Operation, error) {
	return s.Store.Operations(ctx, applicationID, limit)
}

// Log lists the lines of an operation's log after seq.
func (s *Service) Log(ctx context.Context, operationID, after int64, limit int) ([]LogLine, error) {
	return s.Store.Log(ctx, operationID, after, limit)
}

// RightsManifest renders what a cluster administrator applies before the
// application can be installed. home is the namespace of our account there.
func (s *Service) RightsManifest(ctx context.Context, name, home string) (string, error) {
	e, err := s.Entry(ctx, name)
	if err != nil {
		return "", err
	}
	return s.Rights.RightsManifest(e, home)
}

func (s *Service) now() time.Time {
	if s.Now != nil {
		return s.Now().UTC()
	}
	return time.Now().UTC()
}
