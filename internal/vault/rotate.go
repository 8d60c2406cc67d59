package vault

import (
	"context"
	"fmt"
	"slices"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/audit"
	"github.com/roadstead/roadstead/internal/secret"
)

// Keys are the keyset files, held for changing.
type Keys interface {
	// Primary is the newest key of the private keyset, Older are the others that still open.
	Primary() (uint32, error)
	Older() ([]uint32, error)
	// Published reports whether the public keyset seals to the newest key.
	Published() (bool, error)
	// Add makes a new key in the private keyset, Publish brings it to the public one, Retire disables the older keys.
	Add() error
	Publish() error
	Retire() error
}

// Step is a part of a rotation that is asked for.
type Step string

// The steps. Prepare only adds a key to the private keyset, for workers on other machines to get it first. Rotate does
// that too, unless it was done, and everything else but Retire, which ends the use of older keys.
const (
	Prepare Step = "prepare"
	Rotate  Step = "rotate"
	Retire  Step = "retire"
)

// Rotator rotates keys.
type Rotator struct {
	Store  Store
	Keys   Keys
	Opener Opener
	Sealer Sealer
	// Note tells people what was done.
	Note func(message string)
}

// Run does one step. A step that was interrupted is finished by running it again.
func (r *Rotator) Run(ctx context.Context, step Step) error {
	switch step {
	case Prepare:
		return r.prepare(ctx)
	case Retire:
		return r.retire(ctx)
	default:
		return r.rotate(ctx)
	}
}

// prepare adds a key unless a rotation is under way.
func (r *Rotator) prepare(ctx context.Context) error {
	left, err := r.older(ctx)
	if err != nil {
		return err
	}
	published, err := r.Keys.Published()
	if err != nil {
		return fmt.Errorf("compare the keysets: %w", err)
	}
	what := "added key %08x to the private keyset"
	if !published || left.rows > 0 {
		what = "going on with the rotation to key %08x"
	} else if err := r.Keys.Add(); err != nil {
		return fmt.Errorf("add a key: %w", err)
	} else if err := r.record(ctx, "prepare"); err != nil {
		return err
	}
	return r.note(what)
}

func (r *Rotator) rotate(ctx context.Context) error {
	if err := r.prepare(ctx); err != nil {
		return err
	}
	published, err := r.Keys.Published()
	if err != nil {
		return fmt.Errorf("compare the keysets: %w", err)
	}
	if !published {
		if err := r.Keys.Publish(); err != nil {
			return fmt.Errorf("publish the new key: %w", err)
		}
		if err := r.record(ctx, "publish"); err != nil {
			return err
		}
		if err := r.note("new credentials are sealed to key %08x"); err != nil {
			return err
		}
	}
	for _, kind := range kinds() {
		if err := r.reseal(ctx, kind); err != nil {
			return err
		}
	}
	return r.finished(ctx)
}

// finished fails when something is left that does not open.
func (r *Rotator) finished(ctx context.Context) error {
	left, err := r.older(ctx)
	if err != nil {
		return err
	}
	if left.rows > 0 {
		return apperr.New(apperr.CredentialContext,
			fmt.Sprintf("%d stored values do not open and stay sealed to older keys.", left.rows),
			"`roadstead secrets verify` names them. Attach those clusters again, or restore a backup; then run this again.")
	}
	return r.note("everything is sealed to key %08x")
}

// retire disables the older keys when nothing names them any more.
func (r *Rotator) retire(ctx context.Context) error {
	published, err := r.Keys.Published()
	if err != nil {
		return fmt.Errorf("compare the keysets: %w", err)
	}
	left, err := r.older(ctx)
	if err != nil {
		return err
	}
	if left.rows > 0 || !published {
		return apperr.New(apperr.Conflict,
			fmt.Sprintf("A rotation is not finished: %d stored values are sealed to older keys.", left.rows),
			"Run `roadstead secrets rotate` first.")
	}
	if len(left.keys) == 0 {
		return r.note("no key is older than %08x")
	}
	if err := r.Keys.Retire(); err != nil {
		return fmt.Errorf("disable the older keys: %w", err)
	}
	for _, id := range left.keys {
		r.Note(fmt.Sprintf("disabled key %08x", id))
	}
	return r.record(ctx, "retire")
}

// leftover is what rests of earlier keys.
type leftover struct {
	keys []uint32
	rows int // that name one of the keys
}

func (r *Rotator) older(ctx context.Context) (leftover, error) {
	keys, err := r.Keys.Older()
	if err != nil {
		return leftover{}, fmt.Errorf("list the older keys: %w", err)
	}
	left := leftover{keys: keys}
	for _, kind := range kinds() {
		err := each(ctx, r.Store, kind, func(rows []Sealed) error {
			for _, row := range rows {
				if names(row, keys) {
					left.rows++
				}
			}
			return nil
		})
		if err != nil {
			return leftover{}, fmt.Errorf("count what is sealed to older keys: %w", err)
		}
	}
	return left, nil
}

// names reports whether a ciphertext is sealed to one of the keys.
func names(row Sealed, keys []uint32) bool {
	id, err := secret.KeyIDOf(row.Ciphertext)
	return err == nil && slices.Contains(keys, id)
}

// record puts a change of the keyset files on record, behind the change: no transaction spans both.
func (r *Rotator) record(ctx context.Context, mode string) error {
	primary, err := r.Keys.Primary()
	if err != nil {
		return fmt.Errorf("read the newest key: %w", err)
	}
	err = r.Store.Record(ctx, audit.Entry{
		Action: "keyset.rotate", Object: audit.Object{Kind: "keyset", Name: fmt.Sprintf("%08x", primary)},
		Detail: map[string]string{"mode": mode},
	})
	if err != nil {
		return fmt.Errorf("record the rotation: %w", err)
	}
	return nil
}

// note tells about the newest key.
func (r *Rotator) note(format string) error {
	primary, err := r.Keys.Primary()
	if err != nil {
		return fmt.Errorf("read the newest key: %w", err)
	}
	r.Note(fmt.Sprintf(format, primary))
	return nil
}
