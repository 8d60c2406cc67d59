package app

import (
	"cmp"
	"context"
	"log/slog"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/kube"
	"github.com/roadstead/roadstead/internal/telemetry"
	"github.com/roadstead/roadstead/internal/tracing"
	"github.com/roadstead/roadstead/internal/work"
)

// callLog writes one line of kubernetes.log for each call, counts it, adds it
// to the trace, and tells the engine how the cluster answered.
type callLog struct {
	log     *telemetry.KubernetesLog
	metrics *telemetry.Metrics
	traces  *tracing.Traces
}

// answered reports whether a code is an answer that our idempotent writes ask
// for: something is not there, or is there already.
func answered(code apperr.Code) bool {
	return code == apperr.ClusterNotFound || code == apperr.ClusterConflict
}

// LogCall implements kube.CallLog.
func (l callLog) LogCall(ctx context.Context, call kube.Call) {
	work.Heard(ctx, call.Code)
	entry := telemetry.Entry{
		ClusterID: call.ClusterID, Namespace: call.Namespace, Verb: call.Verb, Group: call.Group,
		Resource: call.Resource, Name: call.Name, Status: call.Status, Code: string(call.Code),
		Duration: call.Duration, Raw: call.Detail,
	}
	if call.Subresource != "" {
		entry.Resource += "/" + call.Subresource
	}
	if call.Code != "" && !answered(call.Code) {
		entry.Level, entry.Event = slog.LevelWarn, cmp.Or(call.Event, "kube_connection_error")
	}
	entry.Attempt = 1
	if claim, ok := work.ClaimFrom(ctx); ok {
		entry.Attempt = claim.Attempt + 1
	}
	l.log.Write(ctx, entry)
	l.metrics.ClusterCall(call.ClusterID, string(call.Code), call.Duration)
	l.traces.Call(ctx, entry)
}
