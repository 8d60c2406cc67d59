package application

import (
	"context"
	"crypto/rand"
	"fmt"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/work"
)

// InstallRequest asks for an install, or an upgrade of what is there.
type InstallRequest struct {
	ClusterID int64
	Name      string
	// Version is the chart version; empty means the catalog's.
	Version string
	// Values are the user's, as YAML text. Nil means those given last; an
	// empty mapping means none.
	Values []byte
	// Admin is the explicit consent to the rights level cluster-admin.
	Admin bool
}

// UninstallRequest asks for an uninstall.
type UninstallRequest struct {
	ClusterID int64
	Name      string
	Admin     bool
}

// Install starts an operation that installs the application, or upgrades it
// when it is there already.
func (s *Service) Install(ctx context.Context, req InstallRequest) (Operation, error) {
	e, err := s.Entry(ctx, req.Name)
	if err != nil {
		return Operation{}, err
	}
	if req.Version == "" {
		req.Version = e.Chart.Version
	}
	if !versionForm.MatchString(req.Version) {
		return Operation{}, apperr.New(apperr.ValidationFailed, "This is not a chart version.", "Give one exact version, for example 1.2.3.")
	}
	if err := checkValues(req.Values); err != nil {
		return Operation{}, err
	}
	if err := consent(e, req.Admin); err != nil {
		return Operation{}, err
	}
	if err := s.open(ctx, req.ClusterID); err != nil {
		return Operation{}, err
	}
	return s.start(ctx, req.ClusterID, e, func(ctx context.Context, tx Tx, app *Application) (Operation, []byte, error) {
		op := s.operation(*app, e, req.Admin)
		op.Action, op.Version = installOrUpgrade(app.State), req.Version
		if req.Values == nil {
			return s.keepValues(ctx, tx, *app, op)
		}
		return s.newValues(ctx, tx, op, req.Values)
	})
}

// Uninstall starts an operation that removes the application.
func (s *Service) Uninstall(ctx context.Context, req UninstallRequest) (Operation, error) {
	v, err := s.Application(ctx, req.ClusterID, req.Name)
	if err != nil {
		return Operation{}, err
	}
	if v.Application.ID == 0 {
		return Operation{}, apperr.Of(apperr.ApplicationState).WithMessage("The application is not installed on this cluster.").
			WithHint("`roadstead app list` shows what is.")
	}
	if err := consent(v.Entry, req.Admin); err != nil {
		return Operation{}, err
	}
	return s.start(ctx, req.ClusterID, v.Entry, func(ctx context.Context, tx Tx, app *Application) (Operation, []byte, error) {
		op := s.operation(*app, v.Entry, req.Admin)
		op.Action, op.Version = Uninstall, app.Version
		return s.keepValues(ctx, tx, *app, op)
	})
}

// consent refuses an operation with all rights that nobody agreed to.
func consent(e Entry, admin bool) error {
	if e.Rights.Level != RightsClusterAdmin || admin {
		return nil
	}
	return apperr.New(apperr.RightsMissing, e.Title+" can only be run with all rights in the cluster.",
		"Agree to that for this one operation with --admin, or with \"admin\": true in the API.")
}

// open refuses a cluster that nothing may be installed on any more, or yet.
func (s *Service) open(ctx context.Context, clusterID int64) error {
	home, err := s.Clusters.Cluster(ctx, clusterID)
	if err != nil {
		return fmt.Errorf("find cluster %d: %w", clusterID, err)
	}
	switch home.State {
	case cluster.Attached:
		return nil
	case cluster.Draft:
		return apperr.New(apperr.Conflict, "The cluster is a draft.", "Save it first.")
	default:
		return apperr.New(apperr.Conflict, "The cluster is being removed.", "Wait for that, and attach it again.")
	}
}

// planner makes the operation and its sealed values, inside the transaction
// that will store it.
type planner func(ctx context.Context, tx Tx, app *Application) (Operation, []byte, error)

// start stores an operation and makes it due, in one transaction.
func (s *Service) start(ctx context.Context, clusterID int64, e Entry, plan planner) (Operation, error) {
	var op Operation
	err := s.Store.Atomically(ctx, func(tx Tx) error {
		app, err := s.application(ctx, tx, clusterID, e)
		if err != nil {
			return err
		}
		var sealed []byte
		if op, sealed, err = plan(ctx, tx, &app); err != nil {
			return err
		}
		if err := tx.InsertOperation(ctx, op, sealed); err != nil {
			return fmt.Errorf("store it: %w", err)
		}
		app.State, app.Code, app.OperationID, app.UpdatedAt = Scheduled, "", op.ID, op.CreatedAt
		if err := tx.UpdateApplication(ctx, app); err != nil {
			return fmt.Errorf("store its application: %w", err)
		}
		tx.Notify(Topic(clusterID))
		tx.Notify(OperationTopic(op.ID))
		if err := tx.Record(ctx, op.entry("application."+string(op.Action))); err != nil {
			return fmt.Errorf("record it: %w", err)
		}
		return tx.Schedule(ctx, work.Ref{Kind: KindOperation, Object: op.ID, Cluster: clusterID})
	})
	if err != nil {
		return Operation{}, fmt.Errorf("start an operation of %s on cluster %d: %w", e.Name, clusterID, err)
	}
	return op, nil
}

// application finds or makes the row of an application that is free for an
// operation.
func (s *Service) application(ctx context.Context, tx Tx, clusterID int64, e Entry) (Application, error) {
	app, err := tx.ApplicationByName(ctx, clusterID, e.Name)
	switch {
	case apperr.CodeOf(err) == apperr.NotFound:
		return s.newApplication(ctx, tx, clusterID, e)
	case err != nil:
		return Application{}, fmt.Errorf("read the application: %w", err)
	case app.State.Busy():
		return Application{}, apperr.Of(apperr.OperationInProgress)
	default:
		return app, nil
	}
}

// newApplication stores an application of an entry that nobody removes
// meanwhile.
func (s *Service) newApplication(ctx context.Context, tx Tx, clusterID int64, e Entry) (Application, error) {
	if e.Origin == Stored {
		if err := tx.HoldEntry(ctx, e.Name); apperr.CodeOf(err) == apperr.NotFound {
			return Application{}, apperr.Of(apperr.ApplicationUnknown).With(err)
		} else if err != nil {
			return Application{}, err
		}
	}
	now := s.now()
	app, err := tx.InsertApplication(ctx, Application{
		ClusterID: clusterID, Name: e.Name, Namespace: e.Namespace, State: Installable, CreatedAt: now, UpdatedAt: now,
	})
	if apperr.CodeOf(err) == apperr.AlreadyExists {
		return Application{}, apperr.Of(apperr.OperationInProgress).With(err)
	}
	if err != nil {
		return Application{}, fmt.Errorf("store the application: %w", err)
	}
	return app, nil
}

// operation makes the part that all operations share. The release stays in the
// namespace where it is, whatever the catalog says by now.
func (s *Service) operation(app Application, e Entry, admin bool) Operation {
	e.Namespace = app.Namespace
	now := s.now()
	return Operation{
		ApplicationID: app.ID, ClusterID: app.ClusterID, Token: newToken(), Phase: PhasePending, Entry: e,
		Admin: admin && e.Rights.Level == RightsClusterAdmin, CreatedAt: now, DeadlineAt: now.Add(e.Deadline()),
	}
}

// keepValues makes the operation use the values that were given last.
func (s *Service) keepValues(ctx context.Context, tx Tx, app Application, op Operation) (Operation, []byte, error) {
	var err error
	if op.ID, err = tx.NextOperationID(ctx); err != nil {
		return op, nil, fmt.Errorf("reserve an id: %w", err)
	}
	if app.OperationID == 0 {
		return op, nil, nil
	}
	last, err := tx.Operation(ctx, app.OperationID)
	if err != nil {
		return op, nil, fmt.Errorf("read the operation before: %w", err)
	}
	op.ValuesFrom = last.ValuesFrom
	return op, nil, nil
}

func (s *Service) newValues(ctx context.Context, tx Tx, op Operation, values []byte) (Operation, []byte, error) {
	var err error
	if op.ID, err = tx.NextOperationID(ctx); err != nil {
		return op, nil, fmt.Errorf("reserve an id: %w", err)
	}
	sealed, err := s.Sealer.SealValues(values, op.ID)
	if err != nil {
		return op, nil, fmt.Errorf("seal the values: %w", err)
	}
	op.ValuesFrom = op.ID
	return op, sealed, nil
}

// installOrUpgrade tells the two apart by what is there. After a failed first
// install nothing is, as far as we know.
func installOrUpgrade(s State) Action {
	switch s {
	case Installed, Updated, UpdateErrored, UninstallErrored:
		return Upgrade
	default:
		return Install
	}
}

// newToken makes the name of an operation in its cluster: 40 random bits.
func newToken() string {
	const alphabet = "abcdefghijklmnopqrstuvwxyz234567"
	var token [8]byte
	_, _ = rand.Read(token[:]) // never fails
	for i, b := range token {
		token[i] = alphabet[int(b)%len(alphabet)]
	}
	return string(token[:])
}
