package vault

import (
	"context"
	"errors"
	"fmt"

	"github.com/roadstead/roadstead/internal/secret"
)

// Report is what a check found. It holds no values.
type Report struct {
	// Keys counts the ciphertexts that name each key.
	Keys map[uint32]int
	// Bad are the ciphertexts that do not open.
	Bad []Bad
}

// Bad is a ciphertext that does not open. Err is of secret: ErrUnknownKey, ErrWrongContext or ErrNotSealed.
type Bad struct {
	Kind Kind
	ID   int64
	Err  error
}

// KeyMissing reports whether a key is missing that ciphertexts name.
func (r *Report) KeyMissing() bool {
	for _, bad := range r.Bad {
		if errors.Is(bad.Err, secret.ErrUnknownKey) {
			return true
		}
	}
	return false
}

// Check opens every ciphertext, each for its own place. It writes nothing.
func Check(ctx context.Context, store Store, opener Opener) (Report, error) {
	report := Report{Keys: map[uint32]int{}}
	for _, kind := range kinds() {
		err := each(ctx, store, kind, func(rows []Sealed) error {
			for _, row := range rows {
				report.add(kind, row, opener)
			}
			return ctx.Err()
		})
		if err != nil {
			return report, fmt.Errorf("check every %s: %w", kind, err)
		}
	}
	return report, nil
}

func (r *Report) add(kind Kind, row Sealed, opener Opener) {
	if id, err := secret.KeyIDOf(row.Ciphertext); err == nil {
		r.Keys[id]++
	}
	if _, err := opener.Open(row.Ciphertext, row.Context); err != nil {
		r.Bad = append(r.Bad, Bad{Kind: kind, ID: row.ID, Err: err})
	}
}
