package namespace

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/telemetry"
	"github.com/roadstead/roadstead/internal/tenant"
	"github.com/roadstead/roadstead/internal/work"
)

// removePoll is how often a terminating namespace is looked at.
const removePoll = time.Second

// Worker advances namespaces and credentials. It is the half of the domain
// that calls clusters.
type Worker struct {
	*Service

	Provisioner Provisioner
	// SealTo seals a token to the one-time key of the handler that waits.
	SealTo SealTo
	// Tell is told of the turns of a namespace, with the failure if it is one.
	// It may be nil.
	Tell func(ctx context.Context, event Event, n Namespace, failure error)
}

// Event is a turn of a namespace, under the predecessor's name.
type Event string

// The turns of a namespace.
const (
	EventBeginCreate  Event = "begin_create"
	EventFailedCreate Event = "failed_to_create_namespace"
	EventDeleting     Event = "deleting_project_namespace"
)

func (w *Worker) tell(ctx context.Context, event Event, n Namespace, failure error) {
	if w.Tell != nil {
		w.Tell(ctx, event, n, failure)
	}
}

// Step advances one namespace: observed state, then the one action it calls
// for.
func (w *Worker) Step(ctx context.Context, claim work.Claim) (work.Next, error) {
	n, err := w.Store.Namespace(ctx, claim.Object)
	if apperr.CodeOf(err) == apperr.NotFound {
		return work.Done(), nil
	}
	if err != nil {
		return work.Next{}, fmt.Errorf("read namespace %d: %w", claim.Object, err)
	}
	ctx = telemetry.WithProject(ctx, n.ProjectID)
	switch n.State {
	case Pending:
		return w.provision(ctx, n)
	case Removing:
		return w.remove(ctx, n)
	default:
		return work.Done(), nil
	}
}

// provision puts the namespace and its objects there: the namespace first,
// then everything else in parallel.
func (w *Worker) provision(ctx context.Context, n Namespace) (work.Next, error) {
	spec, err := w.spec(ctx, n)
	if err != nil {
		return work.Next{}, err
	}
	w.tell(ctx, EventBeginCreate, n, nil)
	uid, err := w.Provisioner.EnsureNamespace(ctx, n.ClusterID, spec)
	if err != nil {
		return w.failed(ctx, n, nil, err)
	}
	if n.UID != uid {
		if err := w.change(ctx, n, func(n *Namespace) { n.UID = uid }); err != nil {
			return work.Next{}, err
		}
	}
	objects, err := w.Provisioner.Apply(ctx, n.ClusterID, spec, uid)
	if err != nil {
		return w.failed(ctx, n, objects, err)
	}
	err = w.change(ctx, n, func(n *Namespace) {
		n.State, n.Code, n.Objects, n.ReadyAt = Ready, "", objects, w.Now()
	})
	return work.Done(), err
}

func (w *Worker) remove(ctx context.Context, n Namespace) (work.Next, error) {
	gone := true
	if n.UID != "" {
		w.tell(ctx, EventDeleting, n, nil)
		var err error
		gone, err = w.Provisioner.DeleteNamespace(ctx, n.ClusterID, n.Name, n.UID)
		if err != nil {
			return w.failed(ctx, n, nil, err)
		}
	}
	if !gone {
		return work.After(removePoll), nil
	}
	err := w.Store.Atomically(ctx, func(tx Tx) error {
		announce(tx, n)
		if err := tx.Record(ctx, n.entry("namespace.removed")); err != nil {
			return err
		}
		return tx.DeleteNamespace(ctx, n.ID)
	})
	if err != nil {
		return work.Next{}, fmt.Errorf("forget namespace %d: %w", n.ID, err)
	}
	return work.Done(), nil
}

// failed records why the namespace does not stand. What trying again may mend
// is tried again with back-off; the rest ends here.
func (w *Worker) failed(ctx context.Context, n Namespace, objects []Object, cause error) (work.Next, error) {
	if errors.Is(cause, context.Canceled) {
		return work.Next{}, cause
	}
	code := apperr.CodeOf(cause)
	if n.State == Pending {
		w.tell(ctx, EventFailedCreate, n, cause)
	}
	// A removal goes on for as long as it takes: nobody asks for it again.
	final := permanent(code) && n.State == Pending
	err := w.change(ctx, n, func(n *Namespace) {
		n.Code = code
		if objects != nil {
			n.Objects = objects
		}
		if final {
			n.State = Failed
		}
	})
	if err != nil {
		return work.Next{}, err
	}
	if final {
		return work.Done(), nil
	}
	return work.Next{}, fmt.Errorf("namespace %s: %w", n.Name, cause)
}

// permanent reports whether a failure stays until somebody changes something
// and asks again.
func permanent(code apperr.Code) bool {
	return slices.Contains([]apperr.Code{
		apperr.NamespaceForeign, apperr.NamespaceReserved, apperr.ClusterForbidden,
		apperr.ClusterUnauthorized, apperr.ClusterInvalid, apperr.ClusterUnsupported,
	}, code)
}

// change writes a change to the row, unless a newer request came meanwhile: that
// one is scheduled already and starts from the beginning.
func (w *Worker) change(ctx context.Context, n Namespace, fn func(*Namespace)) error {
	err := w.Store.Atomically(ctx, func(tx Tx) error {
		row, err := tx.Namespace(ctx, n.ID)
		if err != nil {
			return err
		}
		if row.Generation != n.Generation {
			return work.ErrLeaseLost
		}
		fn(&row)
		row.UpdatedAt = w.Now()
		announce(tx, row)
		if row.State == Ready || row.State == Failed {
			if err := tx.Record(ctx, row.entry("namespace."+string(row.State))); err != nil {
				return err
			}
		}
		return tx.UpdateNamespace(ctx, row)
	})
	if err != nil {
		return fmt.Errorf("record namespace %d: %w", n.ID, err)
	}
	return nil
}

// spec is the desired state of a namespace.
func (w *Worker) spec(ctx context.Context, n Namespace) (Spec, error) {
	installation, err := w.Store.InstallationID(ctx)
	if err != nil {
		return Spec{}, fmt.Errorf("read installation id: %w", err)
	}
	project, err := w.Tenants.ProjectByID(ctx, n.ProjectID)
	if err != nil {
		return Spec{}, fmt.Errorf("find project %d: %w", n.ProjectID, err)
	}
	var environment tenant.Environment // none of its own, where the whole project shares the namespace
	if n.EnvironmentID != 0 {
		if environment, err = w.Tenants.EnvironmentByID(ctx, n.ProjectID, n.EnvironmentID); err != nil {
			return Spec{}, fmt.Errorf("find environment %d: %w", n.EnvironmentID, err)
		}
	}
	return Spec{
		Name: n.Name, ServiceAccount: n.ServiceAccount, Profile: n.Profile,
		Owner: fmt.Sprintf("%s/%d/%d/%d", installation, n.ClusterID, n.ProjectID, n.EnvironmentID),
		App:   pathSlug(project.Path), Env: environment.Slug,
	}, nil
}

// pathSlug is the predecessor's slug of a full path: a label's value.
func pathSlug(path string) string {
	slug := notLabel.ReplaceAllString(strings.ToLower(path), "-")
	return strings.Trim(slug[:min(len(slug), maxNamespace)], "-")
}
