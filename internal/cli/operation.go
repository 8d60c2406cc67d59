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

// follow hands over an operation's log lines after a seq, and its changes, until it is final. It outlives a restart of
// the server, without a line lost or told twice.
func (c *call) follow(
	ctx context.Context, id, after int64, line func(api.LogLine) error, changed func(api.Operation),
) (op api.Operation, err error) {
	for good := time.Now(); !op.Final; {
		err := c.client.events(ctx, fmt.Sprintf("%s/log?follow=true&after=%d", operationPath(id), after),
			func(event string, data []byte) error {
				good = time.Now()
				switch event {
				case "line":
					var l api.LogLine
					if err := json.Unmarshal(data, &l); err != nil {
						return fmt.Errorf("decode log line: %w", err)
					}
					after = l.Seq
					return line(l)
				case "operation":
					if err := json.Unmarshal(data, &op); err != nil {
						return fmt.Errorf("decode operation: %w", err)
					}
					changed(op)
				}
				return nil
			})
		if err != nil && !passing(err) || time.Since(good) > patience {
			return op, err
		}
		if !op.Final {
			pause(ctx, reconnectAfter)
		}
	}
	return op, nil
}

// finished shows the steps of an operation until it is final.
func (c *call) finished(ctx context.Context, op api.Operation) (api.Operation, error) {
	c.progress.done("request", fmt.Sprintf("%s %s, operation %d", op.Action, op.Application, op.ID))
	ignore := func(api.LogLine) error { return nil }
	op, err := c.follow(ctx, op.ID, 0, ignore, c.progress.operation)
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
		reason.Hint = fmt.Sprintf("As a cluster administrator: `roadstead app manifest %s | kubectl apply -f -`, then try again.",
			op.Application)
	}
	return failed(&reason)
}
