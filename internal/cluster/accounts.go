package cluster

import (
	"context"

	"github.com/roadstead/roadstead/internal/secret"
)

// Accounts makes our own identity in clusters. Every method is safe to repeat
// and, but for Prove, signs in with the stored credential.
type Accounts interface {
	// Missing lists, in words of ours, the rights that the stored credential
	// lacks to make the identity.
	Missing(ctx context.Context, spec IdentitySpec) ([]string, error)
	// Make makes namespace, account, roles and bindings, and returns the uid of
	// the namespace. It returns a namespace_foreign error for one that belongs
	// to somebody else.
	Make(ctx context.Context, spec IdentitySpec) (uid string, err error)
	// Token makes a token Secret and returns its token, which is empty until
	// the cluster has filled it.
	Token(ctx context.Context, spec IdentitySpec, serial int64) (secret.Value, error)
	// Prove signs in with the token and lists the rights of the identity that
	// it does not have. It returns an identity_unproven error when the cluster
	// takes it for somebody else's.
	Prove(ctx context.Context, spec IdentitySpec, token secret.Value) (missing []string, err error)
	// Tidy deletes every token Secret of the identity but the one that is named.
	Tidy(ctx context.Context, spec IdentitySpec, keep int64) error
	// Find returns the uid of the identity's namespace, or cluster_not_found.
	// One that belongs to somebody else is not found.
	Find(ctx context.Context, spec IdentitySpec) (uid string, err error)
	// Remove deletes the namespace of that uid, and all of the identity with it.
	Remove(ctx context.Context, spec IdentitySpec, uid string) error
}
