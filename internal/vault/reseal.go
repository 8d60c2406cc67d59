package vault

import (
	"context"
	"fmt"

	"github.com/roadstead/roadstead/internal/secret"
)

// reseal seals what names an older key to the newest one, until a pass finds nothing more to do: a server may seal to
// an older key until it has seen the new public keyset.
func (r *Rotator) reseal(ctx context.Context, kind Kind) error {
	older, err := r.Keys.Older()
	if err != nil {
		return fmt.Errorf("list the older keys: %w", err)
	}
	done := 0
	for changed := true; changed; {
		changed = false
		err := each(ctx, r.Store, kind, func(rows []Sealed) error {
			changes, err := r.changes(rows, older)
			if err != nil || len(changes) == 0 {
				return err
			}
			count, err := r.Store.Reseal(ctx, kind, changes)
			if err != nil {
				return err
			}
			done, changed = done+count, changed || count > 0
			r.Note(fmt.Sprintf("sealed anew: %s, %d so far", kind, done))
			return nil
		})
		if err != nil {
			return fmt.Errorf("seal every %s anew: %w", kind, err)
		}
	}
	return nil
}

// changes seals anew what names an older key. What does not open is left as it is.
func (r *Rotator) changes(rows []Sealed, older []uint32) ([]Change, error) {
	var changes []Change
	for _, row := range rows {
		if !names(row, older) {
			continue
		}
		plain, err := r.Opener.Open(row.Ciphertext, row.Context)
		if err != nil {
			continue // counted once everything else is done
		}
		fresh, err := r.sealed(plain, row.Context)
		if err != nil {
			return nil, fmt.Errorf("row %d: %w", row.ID, err)
		}
		changes = append(changes, Change{ID: row.ID, Old: row.Ciphertext, Fresh: fresh})
	}
	return changes, nil
}

// sealed seals to the newest key and proves that the result opens, before it takes the place of one that does.
func (r *Rotator) sealed(plain secret.Value, place secret.Context) ([]byte, error) {
	fresh, err := r.Sealer.Seal(plain, place)
	if err != nil {
		return nil, err
	}
	primary, err := r.Keys.Primary()
	if err != nil {
		return nil, err
	}
	if id, err := secret.KeyIDOf(fresh); err != nil || id != primary {
		return nil, fmt.Errorf("it was sealed to key %08x, want %08x: the public keyset was changed by somebody else", id, primary)
	}
	_, err = r.Opener.Open(fresh, place)
	return fresh, err
}
