package app

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/application"
	"github.com/roadstead/roadstead/internal/namespace"
	"github.com/roadstead/roadstead/internal/store"
	"github.com/roadstead/roadstead/internal/telemetry"
)

// began leaves the predecessor's event of an operation in kubernetes.log.
func (w *worker) began(ctx context.Context, op application.Operation) {
	w.calls.Write(ctx, telemetry.Entry{
		ClusterID: op.ClusterID, Namespace: op.Entry.Namespace, Name: op.Entry.Name,
		Event: "begin_" + string(op.Action),
	})
}

// told leaves the predecessor's event of a namespace there.
func (w *worker) told(ctx context.Context, event namespace.Event, n namespace.Namespace, failure error) {
	entry := telemetry.Entry{
		ClusterID: n.ClusterID, ProjectID: n.ProjectID, Namespace: n.Name, Event: string(event), Code: string(apperr.CodeOf(failure)),
	}
	if failure != nil {
		entry.Level = slog.LevelWarn
	}
	w.calls.Write(ctx, entry)
}

// sweepAll asks for a sweep of every cluster with applications.
func sweepAll(ctx context.Context, clusters store.Clusters, machine *application.Machine) error {
	const page = 500
	for after := int64(0); ; {
		list, err := clusters.Clusters(ctx, after, page)
		if err != nil {
			return fmt.Errorf("list clusters to sweep: %w", err)
		}
		if len(list) == 0 {
			return nil
		}
		ids := make([]int64, 0, len(list))
		for _, c := range list {
			ids = append(ids, c.ID)
		}
		if err := machine.SweepSoon(ctx, ids); err != nil {
			return err
		}
		after = ids[len(ids)-1]
	}
}
