package app

import (
	"context"
	"fmt"
	"strconv"

	"github.com/roadstead/roadstead/internal/application"
	"github.com/roadstead/roadstead/internal/store"
	"github.com/roadstead/roadstead/internal/telemetry"
)

// began leaves the predecessor's event of an operation in kubernetes.log.
func (w *worker) began(ctx context.Context, op application.Operation) {
	w.calls.Write(ctx, telemetry.Entry{
		ClusterID: op.ClusterID, Namespace: op.Entry.Namespace, Name: op.Entry.Name,
		Event: "begin_" + string(op.Action), Job: string(application.KindOperation) + "/" + strconv.FormatInt(op.ID, 10),
	})
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
