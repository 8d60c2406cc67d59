package store

import (
	"context"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/namespace"
	"github.com/roadstead/roadstead/internal/store/sqlgen"
)

// Credential reads the row for a change.
func (t namespaceTx) Credential(ctx context.Context, id int64) (namespace.Credential, error) {
	row, err := t.LockCredential(ctx, id)
	return credentialOf(row), doing(err, "lock credential %d", id)
}

// LiveCredentials counts the credentials of a namespace that are not failed.
func (t namespaceTx) LiveCredentials(ctx context.Context, namespaceID int64) (int, error) {
	count, err := t.Queries.LiveCredentials(ctx, namespaceID)
	return int(count), doing(err, "count credentials of namespace %d", namespaceID)
}

// PendingCredentials counts those of a cluster that wait for an answer.
func (t namespaceTx) PendingCredentials(ctx context.Context, clusterID int64) (int, error) {
	count, err := t.Queries.PendingCredentials(ctx, clusterID)
	return int(count), doing(err, "count pending credentials of cluster %d", clusterID)
}

// InsertCredential stores a new credential and returns it with its id.
func (t namespaceTx) InsertCredential(ctx context.Context, c namespace.Credential) (namespace.Credential, error) {
	row, err := t.Queries.InsertCredential(ctx, sqlgen.InsertCredentialParams{
		NamespaceID: c.NamespaceID, ClusterID: c.ClusterID, PublicKey: c.PublicKey, Lifetime: c.Lifetime.Microseconds(),
		State: string(c.State), Code: string(c.Code), Sealed: c.Sealed, LeaseUID: c.LeaseUID,
		CreatedAt: stamp(c.CreatedAt), AnsweredAt: stamp(c.AnsweredAt), ExpiresAt: stamp(c.ExpiresAt),
	})
	return credentialOf(row), doing(err, "store a credential of namespace %d", c.NamespaceID)
}

// UpdateCredential writes what can change: the answer and what became of it.
func (t namespaceTx) UpdateCredential(ctx context.Context, c namespace.Credential) error {
	rows, err := t.Queries.UpdateCredential(ctx, sqlgen.UpdateCredentialParams{
		ID: c.ID, State: string(c.State), Code: string(c.Code), Sealed: c.Sealed, LeaseUID: c.LeaseUID,
		AnsweredAt: stamp(c.AnsweredAt), ExpiresAt: stamp(c.ExpiresAt),
	})
	return doing(affected(rows, err, apperr.Of(apperr.NotFound)), "change credential %d", c.ID)
}

// DeleteCredential deletes a credential.
func (t namespaceTx) DeleteCredential(ctx context.Context, id int64) error {
	rows, err := t.Queries.DeleteCredential(ctx, id)
	return doing(affected(rows, err, apperr.Of(apperr.NotFound)), "delete credential %d", id)
}

func credentialOf(r sqlgen.Credential) namespace.Credential {
	return namespace.Credential{
		ID: r.ID, NamespaceID: r.NamespaceID, ClusterID: r.ClusterID, PublicKey: r.PublicKey,
		Lifetime: time.Duration(r.Lifetime) * time.Microsecond, State: namespace.CredentialState(r.State),
		Code: apperr.Code(r.Code), Sealed: r.Sealed, LeaseUID: r.LeaseUID,
		CreatedAt: moment(r.CreatedAt), AnsweredAt: moment(r.AnsweredAt), ExpiresAt: moment(r.ExpiresAt),
	}
}
