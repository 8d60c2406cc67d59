package vault

import (
	"context"
	"errors"
	"fmt"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/secret"
)

// Prove fails unless the opener fits what is stored. The first start of all, which finds no canary, leaves one.
func Prove(ctx context.Context, store Store, opener Opener, sealer Sealer) error {
	canary, err := store.Sealed(ctx, Canary, 0, 1)
	if err != nil {
		return fmt.Errorf("read the canary: %w", err)
	}
	if len(canary) == 0 {
		if canary, err = makeCanary(ctx, store, opener, sealer); err != nil {
			return err
		}
	}
	return open(opener, canary)
}

// makeCanary seals a canary, but not with a keyset that does not fit what is there already.
func makeCanary(ctx context.Context, store Store, opener Opener, sealer Sealer) ([]Sealed, error) {
	for _, kind := range []Kind{Tokens, Values} {
		rows, err := store.Sealed(ctx, kind, 0, batch)
		if err != nil {
			return nil, fmt.Errorf("read what is sealed: %w", err)
		}
		if err := open(opener, rows); errors.Is(err, secret.ErrUnknownKey) {
			return nil, err
		}
	}
	sealed, err := sealer.SealCanary()
	if err != nil {
		return nil, fmt.Errorf("make a canary: %w", err)
	}
	if err := store.KeepCanary(ctx, sealed); err != nil {
		return nil, fmt.Errorf("keep a canary: %w", err)
	}
	// Another worker may have been faster, with another keyset.
	canary, err := store.Sealed(ctx, Canary, 0, 1)
	if err != nil {
		return nil, fmt.Errorf("read the canary: %w", err)
	}
	return canary, nil
}

// open opens rows and explains the first one that does not open; one of an unknown key before all others.
func open(opener Opener, rows []Sealed) error {
	var first error
	for _, row := range rows {
		_, err := opener.Open(row.Ciphertext, row.Context)
		if errors.Is(err, secret.ErrUnknownKey) {
			return keyMissing(row, err)
		}
		if err != nil && first == nil {
			first = apperr.Wrap(err, apperr.CredentialContext, "The stored canary was changed or damaged.",
				"Run `roadstead secrets verify`. If it names nothing else, delete the row of the table canary and start again; "+
					"otherwise restore a backup.")
		}
	}
	return first
}

func keyMissing(row Sealed, err error) error {
	id, _ := secret.KeyIDOf(row.Ciphertext) // an unknown key has an id
	return apperr.Wrap(err, apperr.CredentialKey,
		fmt.Sprintf("This is the wrong private keyset: what is stored is sealed to key %08x, which it lacks.", id),
		"Put back the private keyset that this installation was used with, as ROADSTEAD_KEYSET_FILE names it, and delete "+
			"the public one, which is made again. Without it every cluster must be attached again.")
}
