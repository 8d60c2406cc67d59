package idempotency

import (
	"bytes"
	"context"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
)

// KeepFor is how long an answer is given again, from the first request on. A day is what such keys commonly live, and
// longer than anything retries by itself.
const KeepFor = 24 * time.Hour

// Bounds of what is kept. The largest answer of a change is a cluster with its report card, below 10 KiB; an importer
// that makes a thousand changes repeats the latest one only. Together they are 64 MB of one user who means harm.
const (
	MaxAnswer = 64 << 10 // bytes
	MaxEach   = 1000     // answered keys of a user; the oldest go
)

// A claim lasts as long as a change may take, and as long as it was asked to be held. The longest one, a credential that
// a worker makes, ends after ten seconds.
const (
	runWithin = 25 * time.Second
	endWithin = 5 * time.Second
)

// retryAfter is when who came too early may ask again.
const retryAfter = time.Second

// Store keeps keys.
type Store interface {
	// ClaimKey stores a claim and returns true, unless its key is taken: then it returns what is known of that. A key is
	// free again when its claim ended before c was made and was for the same request, or when it was made before expired.
	ClaimKey(ctx context.Context, c Claim, expired time.Time) (Entry, bool, error)
	// Key returns what is known of a key that was not made before expired, or an apperr not_found error.
	Key(ctx context.Context, id []byte, expired time.Time) (Entry, error)
	// AnswerKey ends a claim with its answer and forgets all but the latest keys of its user. A claim that somebody took
	// over is left alone.
	AnswerKey(ctx context.Context, e Entry, latest int) error
	// FreeKey ends a claim as if it had never been made.
	FreeKey(ctx context.Context, c Claim) error
}

// Keys decides who runs and who is told what the first one was told.
type Keys struct {
	Store Store
	Now   func() time.Time
}

// Begin claims the key of a request that may run until the claim's deadline, and must be told to End. When it ran before,
// Begin returns its answer instead. Errors are apperr idempotency_key_reused, idempotency_in_progress and
// idempotency_answer_not_kept.
func (k *Keys) Begin(ctx context.Context, r Request) (Claim, *Answer, error) {
	made := k.Now()
	claim := Claim{
		ID: r.id(), UserID: r.UserID, Fingerprint: r.fingerprint(), Made: made, Until: made.Add(runWithin + r.Wait + endWithin),
	}
	entry, mine, err := k.Store.ClaimKey(ctx, claim, made.Add(-KeepFor))
	if err != nil || mine {
		return claim, nil, err
	}
	answer, err := entry.answerTo(r)
	return Claim{}, answer, err
}

// Answered returns the answer of a request that ran before, and nothing of one that did not. It claims nothing.
func (k *Keys) Answered(ctx context.Context, r Request) (*Answer, error) {
	now := k.Now()
	entry, err := k.Store.Key(ctx, r.id(), now.Add(-KeepFor))
	died := err == nil && !entry.Answered && entry.Until.Before(now)
	if died || apperr.CodeOf(err) == apperr.NotFound {
		return nil, nil //nolint:nilnil // nothing is known, which is no error
	}
	if err != nil {
		return nil, err
	}
	return entry.answerTo(r)
}

// answerTo is what a repeat of a request is told.
func (e Entry) answerTo(r Request) (*Answer, error) {
	switch {
	case !bytes.Equal(e.Fingerprint, r.fingerprint()):
		return nil, apperr.Of(apperr.IdempotencyKeyReused)
	case !e.Answered:
		return nil, apperr.Of(apperr.IdempotencyInProgress).WithAfter(retryAfter)
	case !e.Kept:
		return nil, apperr.Of(apperr.IdempotencyAnswerNotKept)
	}
	return &e.Answer, nil
}

// End keeps the answer of a request, or only that there was one, when it holds a secret or is too large. The key of a
// request that failed on our side is free again.
func (k *Keys) End(ctx context.Context, c Claim, a Answer) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), endWithin)
	defer cancel()
	if !a.final() {
		return k.Store.FreeKey(ctx, c)
	}
	kept := !a.Secret && len(a.Body) <= MaxAnswer
	if !kept {
		a = Answer{Status: a.Status}
	}
	return k.Store.AnswerKey(ctx, Entry{Claim: c, Answered: true, Kept: kept, Answer: a}, MaxEach)
}
