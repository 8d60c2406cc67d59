package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/roadstead/roadstead/internal/api"
	"github.com/roadstead/roadstead/internal/apperr"
)

// follower reads an operation's log lines and changes as they come. It outlives a restart of the server, without a line
// lost or told twice.
type follower struct {
	client  *client
	line    func(api.LogLine) error
	changed func(api.Operation)

	op    api.Operation
	after int64     // the seq of the last line told
	good  time.Time // when the server was last heard
}

// follow tells all there is of an operation until it is final.
func (f *follower) follow(ctx context.Context, id int64) (api.Operation, error) {
	for f.good = time.Now(); ; pause(ctx, reconnectAfter) {
		err := f.client.events(ctx, fmt.Sprintf("%s/log?follow=true&after=%d", operationPath(id), f.after), f.take)
		if f.op.Final {
			return f.op, nil
		}
		if err != nil && (!passing(err) || time.Since(f.good) > patience) {
			return f.op, err
		}
	}
}

// take tells one event.
func (f *follower) take(event string, data []byte) error {
	f.good = time.Now()
	switch event {
	case "line":
		var line api.LogLine
		if err := json.Unmarshal(data, &line); err != nil {
			return fmt.Errorf("decode log line: %w", err)
		}
		f.after = line.Seq
		return f.line(line)
	case "operation":
		var op api.Operation
		if err := json.Unmarshal(data, &op); err != nil {
			return fmt.Errorf("decode operation: %w", err)
		}
		f.op = op
		f.changed(op)
	}
	return nil
}

// finished shows the steps of an operation until it is final.
func (c *call) finished(ctx context.Context, op api.Operation) (api.Operation, error) {
	c.progress.done("request", fmt.Sprintf("%s %s, operation %d", op.Action, op.Application, op.ID))
	steps := follower{
		client: c.client, line: func(api.LogLine) error { return nil }, changed: c.progress.operation,
	}
	op, err := steps.follow(ctx, op.ID)
	c.progress.stop()
	return op, err
}

func operationCard(t *table, op api.Operation) {
	t.row("operation", op.ID)
	t.row("action", fmt.Sprintf("%s %s %s", op.Action, op.Application, op.Version))
	t.row("state", op.State)
	t.row("namespace", op.Namespace)
	if op.Release != nil {
		t.row("release", fmt.Sprintf("%s, revision %d, %s", op.Release.Name, op.Release.Revision, op.Release.Status))
	}
	for _, crd := range op.CRDs {
		t.row("kept", fmt.Sprintf("%s with %d objects", crd.Name, crd.Objects))
	}
	if op.Error != nil {
		t.row("reason", strings.TrimSpace(op.Error.Title+" ("+string(op.Error.Code)+") "+strings.Join(op.Error.Detail, ", ")))
	}
	if !op.FinishedAt.IsZero() {
		t.row("took", op.FinishedAt.Sub(op.CreatedAt).Round(time.Millisecond))
	}
}

// failedOperation is why an operation failed. Missing rights come with the command that prints what grants them.
func failedOperation(op api.Operation) error {
	if op.Error == nil {
		return nil
	}
	reason := *op.Error
	if reason.Code == apperr.RightsMissing {
		reason.Hint = fmt.Sprintf("As a cluster administrator: `roadstead app manifest %s --cluster %d | kubectl apply -f -`, then try again.",
			op.Application, op.ClusterID)
	}
	return failed(&reason)
}
