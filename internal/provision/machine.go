package provision

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/secret"
	"github.com/roadstead/roadstead/internal/telemetry"
	"github.com/roadstead/roadstead/internal/work"
)

// Sealer seals a credential so that only workers can open it.
type Sealer interface {
	Seal(plaintext secret.Value, ctx secret.Context) ([]byte, error)
}

// Opener opens what was sealed.
type Opener interface {
	Open(ciphertext []byte, ctx secret.Context) (secret.Value, error)
}

// Times pace the machine.
type Times struct {
	Poll       time.Duration   // between looks at a stack; up to half as much again, so that many do not look in step
	Retry      time.Duration   // after a failure that may pass
	Stack      time.Duration   // for a stack to be made; the cloud is told the same
	Rollback   time.Duration   // for it to be taken back
	Reach      time.Duration   // for a new API server to let us in
	Nodes      time.Duration   // for the first machine to be ready
	Deny       time.Duration   // for rights to reach everywhere
	Role       time.Duration   // for those of a new role, while somebody waits
	Balancers  time.Duration   // for load balancers to go
	DeleteWait []time.Duration // before a deletion that failed is asked for again
}

// DefaultTimes are those of a real cloud: limits of EKS and CloudFormation as their users report them.
func DefaultTimes() Times {
	return Times{
		Poll: 20 * time.Second, Retry: 10 * time.Second, Stack: 45 * time.Minute, Rollback: 30 * time.Minute,
		Reach: 10 * time.Minute, Nodes: 10 * time.Minute, Deny: 5 * time.Minute, Role: 2 * time.Minute, Balancers: 75 * time.Minute,
		DeleteWait: []time.Duration{5 * time.Minute, 10 * time.Minute, 20 * time.Minute, 40 * time.Minute},
	}
}

// Faster are times for a cloud that is so many times faster than a real one.
func (t Times) Faster(pace int) Times {
	each := []*time.Duration{
		&t.Poll, &t.Retry, &t.Stack, &t.Rollback, &t.Reach, &t.Nodes, &t.Deny, &t.Role, &t.Balancers,
	}
	t.DeleteWait = slices.Clone(t.DeleteWait)
	for i := range t.DeleteWait {
		each = append(each, &t.DeleteWait[i])
	}
	for _, d := range each {
		*d /= time.Duration(pace)
	}
	return t
}

// Machine advances roles, forms and runs. It is the half of the domain that calls clouds and new clusters.
type Machine struct {
	Store     Store
	Cloud     Cloud
	Connector Connector
	Sealer    Sealer
	Opener    Opener
	// IdentitySpec says what our own identity consists of in a cluster.
	IdentitySpec func(clusterID int64, features []cluster.Feature) cluster.IdentitySpec
	// Attached is told of a new cluster, to have it checked. It may be nil.
	Attached func(ctx context.Context, clusterID int64)
	Times    Times
	Now      func() time.Time
	Log      *slog.Logger
}

// Steps are the machine's steps by their kind of work.
func (m *Machine) Steps() map[work.Kind]work.Step {
	return map[work.Kind]work.Step{Kind: m.Step, RoleKind: m.StepRole, FormKind: m.StepForm, InventoryKind: m.StepInventory}
}

// turn is what an action says of the next one: at once, or as next says.
type turn struct {
	again bool
	next  work.Next
}

func again() (turn, error)               { return turn{again: true}, nil }
func wait(d time.Duration) (turn, error) { return turn{next: work.After(d)}, nil }
func done() (turn, error)                { return turn{next: work.Done()}, nil }

// Step advances one run until it must wait.
func (m *Machine) Step(ctx context.Context, claim work.Claim) (work.Next, error) {
	for {
		run, err := m.Store.Run(ctx, claim.Object)
		if apperr.CodeOf(err) == apperr.NotFound {
			return work.Done(), nil
		}
		if err != nil {
			return work.Next{}, fmt.Errorf("read run %d: %w", claim.Object, err)
		}
		t, err := m.act(ctx, run)
		if err != nil {
			t, err = m.recover(ctx, run, err)
		}
		if err != nil || !t.again {
			return t.next, err
		}
	}
}

func (m *Machine) act(ctx context.Context, run Run) (turn, error) {
	switch run.State {
	case Pending:
		return m.begin(ctx, run)
	case Preflight:
		return m.preflight(ctx, run)
	case Creating:
		return m.create(ctx, run)
	case Waiting:
		return m.await(ctx, run)
	case Connecting:
		return m.connect(ctx, run)
	case Configuring:
		return m.configure(ctx, run)
	case Failing, Cancelling:
		return m.takeBack(ctx, run)
	case Updating:
		return m.update(ctx, run)
	case Deleting:
		return m.remove(ctx, run)
	case Ready, Failed, Cancelled, DeleteBlocked, Deleted:
		return done()
	default:
		return turn{}, fmt.Errorf("run %d is in the unknown state %q", run.ID, run.State)
	}
}

// change edits a run in one transaction that the claim in ctx fences. The edit sees the row as it is now, so a wish
// that somebody uttered meanwhile is kept.
func (m *Machine) change(ctx context.Context, run Run, edit func(tx Tx, r *Run) error) (turn, error) {
	err := m.Store.Atomically(ctx, func(tx Tx) error {
		r, err := tx.Run(ctx, run.ID)
		if err != nil {
			return err
		}
		if r.State != run.State || r.Attempt != run.Attempt {
			return nil // somebody else moved it: look again
		}
		if err := edit(tx, &r); err != nil {
			return err
		}
		return m.write(ctx, tx, run.State, r)
	})
	if err != nil {
		return turn{}, fmt.Errorf("change run %d: %w", run.ID, err)
	}
	return again()
}

func (m *Machine) write(ctx context.Context, tx Tx, was State, r Run) error {
	r.UpdatedAt = m.now()
	if r.State != was {
		r.Since, r.Misses = r.UpdatedAt, 0
		if r.State.Final() {
			if err := tx.Record(ctx, r.entry("run."+string(r.State))); err != nil {
				return err
			}
		}
	}
	tx.Notify(Topic(r.ID))
	tx.Notify(RunsTopic)
	return tx.UpdateRun(ctx, r)
}

// to moves a run to a state that must be left within a time; zero: whenever.
func (m *Machine) to(ctx context.Context, run Run, state State, within time.Duration) (turn, error) {
	return m.change(ctx, run, func(_ Tx, r *Run) error {
		r.State, r.Deadline = state, m.deadline(within)
		return nil
	})
}

func (m *Machine) deadline(within time.Duration) time.Time {
	if within == 0 {
		return time.Time{}
	}
	return m.now().Add(within)
}

// poll waits for the next look, jittered.
func (m *Machine) poll() (turn, error) { return wait(m.Times.Poll + rand.N(m.Times.Poll/2+1)) }

func (m *Machine) overdue(run Run) bool { return !run.Deadline.IsZero() && m.now().After(run.Deadline) }

func (m *Machine) now() time.Time { return m.Now().UTC() }

// said is what a cloud or a cluster said, cut and quoted, for the log: it goes nowhere else.
func said(err error) slog.Attr {
	return slog.GroupAttrs("", slog.String("class", string(ClassOf(err))), slog.String("code", string(codeOf(err))),
		slog.String("error", apperr.Quote(err.Error())))
}

// later reports whether a failure of a cloud passes by itself: it never fails a run.
func later(err error) bool {
	class := ClassOf(err)
	return class == Throttled || class == Transient || class == Expired
}

// recover decides what a failure of a call means for a run.
func (m *Machine) recover(ctx context.Context, run Run, err error) (turn, error) {
	cloud, ok := errors.AsType[*CloudError](err)
	if ctx.Err() != nil || errors.Is(err, work.ErrLeaseLost) || !ok {
		return turn{}, err
	}
	m.Log.WarnContext(ctx, "cloud call failed", slog.Int64("run", run.ID), said(err))
	switch {
	case cloud.Class == Expired:
		return m.renew(ctx, run, err)
	case later(err):
		return m.later(err)
	case cloud.Class == Denied && m.now().Sub(run.Since) < m.Times.Deny:
		return wait(m.Times.Retry)
	case run.State == Deleting || run.State == Failing || run.State == Cancelling:
		return m.blocked(ctx, run, cloud)
	case run.State == Updating:
		return m.notUpgraded(ctx, run, m.failureOf(ctx, cloud))
	}
	return m.fail(ctx, run, m.failureOf(ctx, cloud))
}

// renew drops a session that the cloud does not take any more: the next look begins with a new one. It waits for that,
// since a cloud may take none at all, for example when the clocks differ.
func (m *Machine) renew(ctx context.Context, run Run, refusal error) (turn, error) {
	err := m.Store.Atomically(ctx, func(tx Tx) error { return tx.EraseSession(ctx, run.ID) })
	if err != nil {
		return turn{}, fmt.Errorf("drop the session of run %d: %w", run.ID, err)
	}
	return m.later(refusal)
}

// later waits for what may pass, jittered, and at least as long as the cloud wants.
func (m *Machine) later(err error) (turn, error) {
	after, _ := apperr.AfterOf(err)
	return wait(max(after, m.Times.Retry) + rand.N(m.Times.Retry/2+1))
}

func (m *Machine) failureOf(ctx context.Context, e *CloudError) Failure {
	return Failure{Class: e.Class, Code: e.Code, Action: e.Action, CorrelationID: telemetry.Correlation(ctx)}
}

// fail ends an attempt. Something that was made is taken back first, unless it is the finished cluster.
// What may have been made, but is not known, is for somebody to look for.
func (m *Machine) fail(ctx context.Context, run Run, f Failure) (turn, error) {
	return m.change(ctx, run, func(_ Tx, r *Run) error {
		f.NeedsCleanup = f.NeedsCleanup || run.State == Creating && r.Asked && f.Class != NameTaken
		r.Failure, r.State, r.Deadline = &f, Failed, time.Time{}
		if r.StackID != "" && (run.State == Waiting || run.State == Creating) {
			r.State, r.Deadline = Failing, m.deadline(m.Times.Rollback)
		}
		return nil
	})
}
