package application

import (
	"context"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
)

// watch looks at the pod once. The follower wakes the operation when the pod
// has something to say; the timer is the fallback.
func (m *Machine) watch(ctx context.Context, op Operation) (turn, error) {
	now := m.now()
	facts, err := m.Runner.Observe(ctx, op)
	if err != nil {
		giveUp := op.DeadlineAt.Add(overtime)
		if now.After(giveUp) {
			return m.ended(ctx, op, outcome{code: apperr.CodeOf(err)})
		}
		return m.retry(ctx, op, "observe the install pod", err, giveUp)
	}
	end, over := judge(op, facts, now)
	if !over {
		return wait(nextLook(op, facts, now))
	}
	return m.ended(ctx, op, end)
}

// nextLook is how long nothing can change without the follower knowing.
func nextLook(op Operation, facts PodFacts, now time.Time) time.Duration {
	look := min(fallback, op.DeadlineAt.Add(overtime).Sub(now))
	if facts.Waiting != "" && !facts.Started {
		look = min(look, facts.CreatedAt.Add(pullGrace).Sub(now))
	}
	return max(look, time.Second)
}

// outcome is how a run ended; its code is empty when it succeeded.
type outcome struct {
	code    apperr.Code
	detail  []string
	verdict *Verdict
}

// ended records how the run ended, well or not, before anything of it is
// removed.
func (m *Machine) ended(ctx context.Context, op Operation, end outcome) (turn, error) {
	err := m.change(ctx, op.ID, func(tx Tx, op *Operation, _ *Application) error {
		op.Phase, op.Code, op.Detail, op.Verdict = PhaseCollecting, end.code, end.detail, end.verdict
		if end.verdict == nil || end.verdict.Digest == "" || op.Digest != "" {
			return nil
		}
		op.Digest = end.verdict.Digest
		return tx.RecordDigest(ctx, op.Chart(), op.Digest)
	})
	if err != nil {
		return turn{}, err
	}
	return again()
}
