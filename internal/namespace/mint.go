package namespace

import (
	"context"
	"fmt"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/telemetry"
	"github.com/roadstead/roadstead/internal/work"
)

// StepCredential advances one credential: mint it, wait for its end, revoke it.
func (w *Worker) StepCredential(ctx context.Context, claim work.Claim) (work.Next, error) {
	c, err := w.Store.Credential(ctx, claim.Object)
	if apperr.CodeOf(err) == apperr.NotFound {
		return work.Done(), nil
	}
	if err != nil {
		return work.Next{}, fmt.Errorf("read credential %d: %w", claim.Object, err)
	}
	n, err := w.Store.Namespace(ctx, c.NamespaceID)
	if err != nil {
		return work.Next{}, fmt.Errorf("read namespace %d: %w", c.NamespaceID, err)
	}
	ctx = telemetry.WithProject(ctx, n.ProjectID)
	now := w.Now()
	switch {
	case c.State == CredentialPending && now.Sub(c.CreatedAt) <= answerWait:
		return w.mint(ctx, n, c)
	case c.State == CredentialAnswered && now.Sub(c.AnsweredAt) < unreadAfter:
		return work.After(unreadAfter - now.Sub(c.AnsweredAt)), nil
	case c.State == CredentialDelivered && now.Before(c.ExpiresAt):
		return work.After(c.ExpiresAt.Sub(now)), nil
	default:
		return w.revoke(ctx, n, c)
	}
}

// mint makes the token and answers. A crash between the two leaves a lease that
// the next run uses again: its name is the credential's.
func (w *Worker) mint(ctx context.Context, n Namespace, c Credential) (work.Next, error) {
	token, err := w.Provisioner.Mint(ctx, n.ClusterID, TokenSpec{
		Namespace: n.Name, ServiceAccount: n.ServiceAccount, Lease: c.lease(), Lifetime: c.Lifetime,
	})
	if err == nil {
		c.Sealed, err = w.SealTo(c.PublicKey, token.Value, c.info())
	}
	c.State, c.LeaseUID, c.ExpiresAt, c.AnsweredAt = CredentialAnswered, token.LeaseUID, token.ExpiresAt, w.Now()
	if err != nil {
		c.State, c.Code = CredentialFailed, apperr.CodeOf(err)
	}
	err = w.Store.Atomically(ctx, func(tx Tx) error {
		tx.Notify(credentialTopic(c.ID))
		if c.State == CredentialAnswered {
			minted := n.entry("credential.mint")
			minted.Detail["expires_at"] = c.ExpiresAt.UTC().Format(time.RFC3339)
			if err := tx.Record(ctx, minted); err != nil {
				return err
			}
		}
		return tx.UpdateCredential(ctx, c)
	})
	if err != nil {
		return work.Next{}, fmt.Errorf("answer credential %d: %w", c.ID, err)
	}
	return work.After(unreadAfter), nil
}

// revoke ends a credential that is over, unread or failed. Its row goes last,
// so that a cluster that is away gets its lease deleted when it is back.
func (w *Worker) revoke(ctx context.Context, n Namespace, c Credential) (work.Next, error) {
	if err := w.Provisioner.Revoke(ctx, n.ClusterID, n.Name, c.lease()); err != nil {
		return work.Next{}, fmt.Errorf("revoke credential %d: %w", c.ID, err)
	}
	err := w.Store.Atomically(ctx, func(tx Tx) error { return tx.DeleteCredential(ctx, c.ID) })
	if err != nil {
		return work.Next{}, fmt.Errorf("forget credential %d: %w", c.ID, err)
	}
	return work.Done(), nil
}
