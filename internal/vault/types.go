package vault

import (
	"context"

	"github.com/roadstead/roadstead/internal/audit"
	"github.com/roadstead/roadstead/internal/secret"
)

// Kind is a place where ciphertexts are stored.
type Kind string

// The kinds. The canary proves at start that the keyset fits; there is one, of id 1.
const (
	Tokens Kind = "cluster token"
	Values Kind = "operation values"
	Canary Kind = "canary"
)

// kinds returns them all. The canary is the last: while it names an older key, a rotation is not finished.
func kinds() []Kind { return []Kind{Tokens, Values, Canary} }

// batch bounds what is read and written at once: on SQLite the server waits while a batch is written, and the values
// of an operation may be large.
const batch = 100

// Sealed is one stored ciphertext and what it must be sealed for.
type Sealed struct {
	ID         int64
	Ciphertext []byte
	Context    secret.Context
}

// Change replaces a ciphertext, if it is still the old one.
type Change struct {
	ID         int64
	Old, Fresh []byte
}

// Store keeps ciphertexts.
type Store interface {
	// Sealed lists in order of id, after the given one.
	Sealed(ctx context.Context, kind Kind, after int64, limit int) ([]Sealed, error)
	// Reseal makes the changes in one transaction and returns how many ciphertexts were still the old ones.
	Reseal(ctx context.Context, kind Kind, changes []Change) (int, error)
	// KeepCanary stores a canary unless there is one.
	KeepCanary(ctx context.Context, sealed []byte) error
	// Record adds a row to the audit record.
	Record(ctx context.Context, e audit.Entry) error
}

// Opener opens what was sealed to any key of the private keyset.
type Opener interface {
	Open(ciphertext []byte, ctx secret.Context) (secret.Value, error)
}

// Sealer seals to the primary key of the public keyset.
type Sealer interface {
	Seal(plaintext secret.Value, ctx secret.Context) ([]byte, error)
	SealCanary() ([]byte, error)
}

// each calls do with every batch of a kind.
func each(ctx context.Context, store Store, kind Kind, do func(rows []Sealed) error) error {
	for after := int64(0); ; {
		rows, err := store.Sealed(ctx, kind, after, batch)
		if err != nil || len(rows) == 0 {
			return err
		}
		if err := do(rows); err != nil {
			return err
		}
		after = rows[len(rows)-1].ID
	}
}
