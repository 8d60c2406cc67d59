package provision

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/secret"
	"github.com/roadstead/roadstead/internal/telemetry"
	"github.com/roadstead/roadstead/internal/work"
)

// connect waits for the new API server to let us in: a control plane that is called active can take minutes to be
// resolved, to answer, and to know our access entry.
func (m *Machine) connect(ctx context.Context, run Run) (turn, error) {
	if t, ok, err := m.cancelled(ctx, run); ok {
		return t, err
	}
	access, control, err := m.access(ctx, run)
	if err != nil {
		return turn{}, err
	}
	if control.Status == ControlFailed || control.Status == ControlNone {
		return m.unfinished(ctx, run, Gone, apperr.CloudClusterFailed)
	}
	if control.Status == ControlActive {
		err = m.Connector.Reach(ctx, access)
		if err == nil {
			return m.change(ctx, run, func(_ Tx, r *Run) error {
				r.Outputs.Endpoint, r.Outputs.CAPEM = control.Endpoint, control.CAPEM
				r.State, r.Deadline = Configuring, m.deadline(m.Times.Reach+m.Times.Nodes)
				return nil
			})
		}
		m.Log.WarnContext(ctx, "new cluster not reached yet", slog.Int64("run", run.ID), said(err))
	}
	if m.overdue(run) {
		return m.unfinished(ctx, run, Unreachable, reachCode(err))
	}
	return m.rearm(ctx, run, m.Times.Reach)
}

// reachCode is the cluster's own code where it says what to do, such as for a refused address.
func reachCode(err error) apperr.Code {
	if code := apperr.CodeOf(err); err != nil && code != apperr.ClusterRefused && code != apperr.ClusterTimeout &&
		code != apperr.Internal {
		return code
	}
	return apperr.CloudEndpointLate
}

// rearm sets the deadline of a state that somebody entered again without one, then waits for the next look.
func (m *Machine) rearm(ctx context.Context, run Run, within time.Duration) (turn, error) {
	if run.Deadline.IsZero() {
		return m.change(ctx, run, func(_ Tx, r *Run) error {
			r.Deadline = m.deadline(within)
			return nil
		})
	}
	return wait(m.Times.Retry)
}

// cancelled turns a run back that nobody wants any more.
func (m *Machine) cancelled(ctx context.Context, run Run) (turn, bool, error) {
	if run.CancelRequestedAt.IsZero() {
		return turn{}, false, nil
	}
	t, err := m.to(ctx, run, Cancelling, m.Times.Rollback)
	return t, true, err
}

// unfinished ends an attempt whose cluster exists: it is kept, and a retry goes on from here.
func (m *Machine) unfinished(ctx context.Context, run Run, class Class, code apperr.Code) (turn, error) {
	return m.fail(ctx, run, Failure{
		Class: class, Code: code, CorrelationID: telemetry.Correlation(ctx), NeedsCleanup: true,
	})
}

// access is how the new cluster is entered now. The bearer is made for each step: it is used within its minute.
func (m *Machine) access(ctx context.Context, run Run) (Access, Control, error) {
	session, err := m.session(ctx, run, ToConnect)
	if err != nil {
		return Access{}, Control{}, err
	}
	return m.accessBy(ctx, session, run)
}

func (m *Machine) accessBy(ctx context.Context, session Session, run Run) (Access, Control, error) {
	control, err := m.Cloud.Control(ctx, session, run)
	if err != nil {
		return Access{}, Control{}, fmt.Errorf("look at the cluster of run %d: %w", run.ID, err)
	}
	bearer, err := m.Cloud.Bearer(ctx, session, run)
	if err != nil {
		return Access{}, Control{}, fmt.Errorf("make a bearer for run %d: %w", run.ID, err)
	}
	return Access{ClusterID: run.ClusterID, APIURL: control.Endpoint, CAPEM: []byte(control.CAPEM), Bearer: bearer}, control, nil
}

// configure makes our account in the cluster and sees machines join, then registers the cluster.
func (m *Machine) configure(ctx context.Context, run Run) (turn, error) {
	if t, ok, err := m.cancelled(ctx, run); ok {
		return t, err
	}
	access, control, err := m.access(ctx, run)
	if err != nil {
		return turn{}, err
	}
	made, warning, err := m.settle(ctx, run, access, control)
	switch {
	case err != nil && m.overdue(run):
		m.Log.WarnContext(ctx, "new cluster not configured", slog.Int64("run", run.ID), said(err))
		return m.unfinished(ctx, run, Unreachable, reachCode(err))
	case err != nil:
		m.Log.WarnContext(ctx, "new cluster not configured yet", slog.Int64("run", run.ID), said(err))
		return m.unlock(ctx, run, err)
	case warning != "" && m.now().Sub(run.Since) < m.Times.Nodes && !m.overdue(run):
		return wait(m.Times.Retry)
	}
	if err := m.lock(ctx, run); err != nil {
		return turn{}, err
	}
	return m.ready(ctx, run, made, warning)
}

// identity is our own identity in a new cluster, proven.
type identity struct {
	token secret.Value
	uid   string
	spec  cluster.IdentitySpec
}

// settle does what is to be done inside the cluster. The warning says that no machine is ready.
func (m *Machine) settle(ctx context.Context, run Run, a Access, control Control) (made identity, warning apperr.Code, err error) {
	if control.ConfigMap && !control.NodeEntry && run.Outputs.NodeRoleARN != "" {
		if err := m.Connector.AdmitNodes(ctx, a, run.Outputs.NodeRoleARN); err != nil {
			return made, "", fmt.Errorf("admit the machines of run %d: %w", run.ID, err)
		}
	}
	made.spec = m.IdentitySpec(run.ClusterID, nil)
	if made.token, made.uid, err = m.Connector.Identify(ctx, a, made.spec); err != nil {
		return made, "", fmt.Errorf("make our identity in the cluster of run %d: %w", run.ID, err)
	}
	ready, joined, err := m.Connector.Nodes(ctx, a)
	if err != nil {
		return made, "", fmt.Errorf("count the machines of run %d: %w", run.ID, err)
	}
	if ready == 0 {
		warning = apperr.CloudNodesMissing
		if len(control.NodeHealth) > 0 {
			warning = control.NodeHealth[0]
		}
	}
	_, err = m.change(ctx, run, func(_ Tx, r *Run) error {
		r.Progress.Ready, r.Progress.Nodes, r.Progress.Percent = ready, joined, max(r.Progress.Percent, stackDone+3)
		return nil
	})
	return made, warning, err
}

// unlock opens the door again that lock closed in a try which did not come to its end, then waits for the next one.
func (m *Machine) unlock(ctx context.Context, run Run, refusal error) (turn, error) {
	if apperr.CodeOf(refusal) != apperr.ClusterForbidden {
		return wait(m.Times.Retry)
	}
	session, err := m.session(ctx, run, ToProvision)
	if err != nil {
		return turn{}, err
	}
	role, err := m.Store.Role(ctx, run.RoleID)
	if err != nil {
		return turn{}, fmt.Errorf("read the role of run %d: %w", run.ID, err)
	}
	if err := m.Cloud.Widen(ctx, session, role, run); err != nil {
		return turn{}, fmt.Errorf("get into the cluster of run %d again: %w", run.ID, err)
	}
	return wait(m.Times.Retry)
}

// lock guards the finished stack against deletion and closes the door that we came in by.
func (m *Machine) lock(ctx context.Context, run Run) error {
	session, err := m.session(ctx, run, ToProvision)
	if err != nil {
		return err
	}
	role, err := m.Store.Role(ctx, run.RoleID)
	if err != nil {
		return fmt.Errorf("read the role of run %d: %w", run.ID, err)
	}
	if err := m.Cloud.Protect(ctx, session, run.StackID, true); err != nil {
		return fmt.Errorf("protect the stack of run %d: %w", run.ID, err)
	}
	if err := m.Cloud.Narrow(ctx, session, role, run); err != nil {
		return fmt.Errorf("narrow our access to the cluster of run %d: %w", run.ID, err)
	}
	return nil
}

// ready registers the cluster and ends the run, and with it the stored session, in one transaction.
func (m *Machine) ready(ctx context.Context, run Run, made identity, warning apperr.Code) (turn, error) {
	c := run.registered(m.now())
	sealed, err := m.Sealer.Seal(made.token, cluster.TokenContext(c))
	if err != nil {
		return turn{}, fmt.Errorf("seal the token of the cluster of run %d: %w", run.ID, err)
	}
	t, err := m.change(ctx, run, func(tx Tx, r *Run) error {
		if err := m.register(ctx, tx, c, made, sealed); err != nil {
			return err
		}
		r.State, r.Deadline, r.ReadyAt, r.Failure = Ready, m.deadline(0), c.CreatedAt, nil
		r.Progress.Percent, r.Progress.Warning = 100, warning
		return nil
	})
	if apperr.CodeOf(err) == apperr.AlreadyExists { // the index over scopes, with us, meanwhile
		return m.unfinished(ctx, run, NameTaken, apperr.ClusterScopeTaken)
	}
	if err == nil && m.Attached != nil {
		m.Attached(ctx, run.ClusterID)
	}
	return t, err
}

// register makes the run's cluster one like any other, with our own identity in use.
func (m *Machine) register(ctx context.Context, tx Tx, c cluster.Cluster, made identity, sealed []byte) error {
	if err := tx.InsertCluster(ctx, c, sealed); err != nil {
		return err
	}
	tx.Notify("clusters")
	own := cluster.OwnIdentity(c.ID, made.spec.Features, made.uid, c.CreatedAt)
	if err := tx.SaveIdentity(ctx, own); err != nil {
		return err
	}
	return tx.ScheduleAt(ctx, work.Ref{Kind: cluster.IdentityKind, Object: c.ID, Cluster: c.ID}, own.RotateAt)
}
