package application

import (
	"context"
	"fmt"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/work"
)

// patience is how long after the deadline we try to collect from a cluster and
// to clean up there, before the operation ends without. The sweep goes on.
const patience = 10 * time.Minute

// collect stores the rest of the log and removes what the operation made.
func (m *Machine) collect(ctx context.Context, op Operation) (turn, error) {
	giveUp := op.DeadlineAt.Add(patience)
	late := m.now().After(giveUp)
	if err := m.copyLog(ctx, op); err != nil && !late {
		return m.retry(ctx, op, "read the log", err, giveUp)
	}
	if err := m.Runner.Cleanup(ctx, op, op.Code != ""); err != nil && !late {
		return m.retry(ctx, op, "clean up", err, giveUp)
	}
	return m.finish(ctx, op, op.Code, op.Detail)
}

// copyLog stores what the follower has not stored yet.
func (m *Machine) copyLog(ctx context.Context, op Operation) error {
	if op.PodUID == "" {
		return nil
	}
	stream, err := m.Runner.Log(ctx, op, false)
	if err != nil {
		return unlessGone(err)
	}
	defer stream.Close()
	return unlessGone(storeLog(ctx, m.Store, op.ID, 0, stream, keepTail))
}

// unlessGone passes over that there is no log: the pod is gone, or its
// container never started.
func unlessGone(err error) error {
	switch apperr.CodeOf(err) {
	case apperr.ClusterNotFound, apperr.ClusterInvalid:
		return nil
	default:
		return err
	}
}

// finish ends the operation and tells its application.
func (m *Machine) finish(ctx context.Context, op Operation, code apperr.Code, detail []string) (turn, error) {
	err := m.change(ctx, op.ID, func(tx Tx, op *Operation, app *Application) error {
		op.Phase, op.Code, op.Detail, op.FinishedAt = PhaseSucceeded, code, detail, m.now()
		if code != "" {
			op.Phase = PhaseFailed
		}
		settle(*op, app)
		sweep := work.Ref{Kind: KindSweep, Object: op.ClusterID, Cluster: op.ClusterID}
		if err := tx.ScheduleAt(ctx, sweep, m.now().Add(sweepAfter)); err != nil {
			return fmt.Errorf("schedule a sweep: %w", err)
		}
		return nil
	})
	if err != nil {
		return turn{}, err
	}
	return done()
}

// settle moves the application to the state that the ended operation leaves
// it in.
func settle(op Operation, app *Application) {
	app.Code = op.Code
	switch {
	case op.Phase == PhaseSucceeded && op.Action == Install:
		app.State, app.Version = Installed, op.installedVersion()
	case op.Phase == PhaseSucceeded && op.Action == Upgrade:
		app.State, app.Version = Updated, op.installedVersion()
	case op.Phase == PhaseSucceeded:
		// The row goes with the release.
	case op.Action == Upgrade:
		app.State = UpdateErrored
	case op.Action == Uninstall:
		app.State = UninstallErrored
	default:
		app.State = Errored
	}
}

func (o Operation) installedVersion() string {
	if o.Verdict != nil && o.Verdict.Release.ChartVersion != "" {
		return o.Verdict.Release.ChartVersion
	}
	return o.Version
}
