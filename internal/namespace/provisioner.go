package namespace

import (
	"context"
	"time"

	"github.com/roadstead/roadstead/internal/secret"
)

// Spec is everything a namespace shall consist of, in plain words. The same
// row gives the same spec at any time.
type Spec struct {
	Name           string
	ServiceAccount string
	Profile        Profile
	// Owner names whom the namespace belongs to:
	// <installation>/<cluster>/<project>/<environment>.
	Owner string
	// App and Env are the values of the predecessor's labels.
	App string
	Env string
}

// TokenSpec asks for a token of a namespace's service account.
type TokenSpec struct {
	Namespace      string
	ServiceAccount string
	// Lease is the name of the Secret that the token is bound to.
	Lease    string
	Lifetime time.Duration
}

// Token is a minted token.
type Token struct {
	Value     secret.Value
	LeaseUID  string
	ExpiresAt time.Time
}

// Provisioner writes to clusters. Every method is safe to repeat.
type Provisioner interface {
	// EnsureNamespace makes the namespace object, or finds the one that is
	// ours, and returns its uid. It returns a namespace_foreign error for one
	// that belongs to somebody else.
	EnsureNamespace(ctx context.Context, clusterID int64, spec Spec) (uid string, err error)
	// Apply makes all other objects as the spec says and returns the outcome of
	// each. The error is that of the first object that was not applied.
	Apply(ctx context.Context, clusterID int64, spec Spec, uid string) ([]Object, error)
	// DeleteNamespace asks for the deletion of exactly that namespace and
	// reports whether it is gone.
	DeleteNamespace(ctx context.Context, clusterID int64, name, uid string) (gone bool, err error)
	// Mint makes the lease Secret and a token bound to it.
	Mint(ctx context.Context, clusterID int64, spec TokenSpec) (Token, error)
	// Revoke deletes the lease Secret. One that is gone is fine.
	Revoke(ctx context.Context, clusterID int64, namespace, lease string) error
}
