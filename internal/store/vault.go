package store

import (
	"context"
	"fmt"

	"github.com/roadstead/roadstead/internal/application"
	"github.com/roadstead/roadstead/internal/audit"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/secret"
	"github.com/roadstead/roadstead/internal/store/sqlgen"
	"github.com/roadstead/roadstead/internal/vault"
)

var _ vault.Store = Vault{}

// Vault sees everything that is stored sealed to the keyset.
type Vault struct{ db *DB }

// Vault returns the store of what is sealed.
func (db *DB) Vault() Vault { return Vault{db: db} }

// Sealed lists in order of id, after the given one.
func (v Vault) Sealed(ctx context.Context, kind vault.Kind, after int64, limit int) (sealed []vault.Sealed, err error) {
	q, size := v.db.reader(), int32(limit)
	switch kind {
	case vault.Tokens:
		var rows []sqlgen.SealedTokensRow
		rows, err = q.SealedTokens(ctx, sqlgen.SealedTokensParams{ClusterID: after, Limit: size})
		sealed = each(rows, func(r sqlgen.SealedTokensRow) vault.Sealed {
			return vault.Sealed{ID: r.Cluster.ID, Ciphertext: r.Sealed, Context: cluster.TokenContext(registered(r.Cluster))}
		})
	case vault.Values:
		var rows []sqlgen.OperationValue
		rows, err = q.SealedValues(ctx, sqlgen.SealedValuesParams{OperationID: after, Limit: size})
		sealed = each(rows, func(r sqlgen.OperationValue) vault.Sealed {
			return vault.Sealed{ID: r.OperationID, Ciphertext: r.Sealed, Context: application.ValuesContext(r.OperationID)}
		})
	case vault.Canary:
		var rows []sqlgen.Canary
		rows, err = q.SealedCanary(ctx, sqlgen.SealedCanaryParams{Singleton: after, Limit: size})
		sealed = each(rows, func(r sqlgen.Canary) vault.Sealed {
			return vault.Sealed{ID: r.Singleton, Ciphertext: r.Sealed, Context: secret.CanaryContext()}
		})
	default:
		err = fmt.Errorf("nothing is stored as %q", kind)
	}
	return sealed, doing(err, "list every sealed %s", kind)
}

// Reseal makes the changes in one transaction and returns how many ciphertexts
// were still the old ones.
func (v Vault) Reseal(ctx context.Context, kind vault.Kind, changes []vault.Change) (count int, err error) {
	err = v.db.atomically(ctx, func(tx *tx) error {
		count = 0
		for _, c := range changes {
			rows, err := tx.reseal(ctx, kind, c)
			if err != nil {
				return err
			}
			count += int(rows)
		}
		return nil
	})
	return count, doing(err, "replace a sealed %s", kind)
}

func (t *tx) reseal(ctx context.Context, kind vault.Kind, c vault.Change) (int64, error) {
	switch kind {
	case vault.Tokens:
		return t.ResealToken(ctx, sqlgen.ResealTokenParams{ClusterID: c.ID, Old: c.Old, Fresh: c.Fresh})
	case vault.Values:
		return t.ResealValues(ctx, sqlgen.ResealValuesParams{OperationID: c.ID, Old: c.Old, Fresh: c.Fresh})
	case vault.Canary:
		return t.ResealCanary(ctx, sqlgen.ResealCanaryParams{Singleton: c.ID, Old: c.Old, Fresh: c.Fresh})
	default:
		return 0, fmt.Errorf("nothing is stored as %q", kind)
	}
}

// KeepCanary stores a canary unless there is one.
func (v Vault) KeepCanary(ctx context.Context, sealed []byte) error {
	err := v.db.atomically(ctx, func(tx *tx) error { return tx.InsertCanary(ctx, sealed) })
	return doing(err, "store the canary")
}

// Record adds a row to the audit record, in a transaction of its own.
func (v Vault) Record(ctx context.Context, e audit.Entry) error {
	return v.db.atomically(ctx, func(tx *tx) error { return tx.Record(ctx, e) })
}
