package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/application"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/config"
	"github.com/roadstead/roadstead/internal/kube"
	"github.com/roadstead/roadstead/internal/secret"
)

// workerKeys is what only workers get: the private half of the keyset, which opens and signs.
type workerKeys struct {
	opener *secret.Opener
	signer *secret.Signer
}

// openWorkerKeys loads the keyset, made when missing, and leaves its public half
// where the web half finds it.
func openWorkerKeys(cfg config.Config) (*workerKeys, error) {
	_, opener, err := secret.LoadOrCreate(cfg.KeysetFile, cfg.PublicKeysetFile)
	if err != nil {
		return nil, keysetError(err)
	}
	signer, err := secret.LoadSigner(cfg.KeysetFile)
	if err != nil {
		return nil, keysetError(err)
	}
	return &workerKeys{opener, signer}, nil
}

// keysetError says in words of ours why the keyset files cannot be used.
func keysetError(err error) error {
	switch {
	case errors.Is(err, secret.ErrKeysetExposed):
		return apperr.Wrap(err, apperr.ValidationFailed, "The private keyset is open to other users of this machine.",
			"Give its file mode 0400 and its folder mode 0700, both to the worker's user, then rotate the keys: they may have been read.")
	case errors.Is(err, secret.ErrPrivateMissing):
		return apperr.Wrap(err, apperr.CredentialKey, "The private keyset of the public one is missing.",
			"Put the private keyset back. A new one opens nothing that is stored.")
	case errors.Is(err, secret.ErrKeysetMismatch):
		return apperr.Wrap(err, apperr.CredentialKey, "The public keyset does not belong to the private one.",
			"Put back the one that does.")
	}
	return fmt.Errorf("load the keyset: %w", err)
}

// directory finds clusters for the clients of workers, with their credentials
// opened.
type directory struct {
	store  cluster.Store
	opener *secret.Opener
	uses   *credentialUses
}

// Generation returns the current generation of a cluster. It is asked before every use of a credential.
func (d directory) Generation(ctx context.Context, clusterID int64) (int64, error) {
	c, err := d.store.Cluster(ctx, clusterID)
	if err == nil {
		d.uses.note(ctx, c.ID, c.Name)
	}
	return c.Generation, err
}

// Target returns how a cluster is reached. A row that was changed behind our
// back does not open.
func (d directory) Target(ctx context.Context, clusterID int64) (kube.Target, error) {
	c, err := d.store.Cluster(ctx, clusterID)
	if err != nil {
		return kube.Target{}, err
	}
	sealed, err := d.store.SealedToken(ctx, clusterID)
	if err != nil {
		return kube.Target{}, err
	}
	token, err := d.opener.Open(sealed, cluster.TokenContext(c))
	if err != nil {
		return kube.Target{}, fmt.Errorf("open the token of cluster %d: %w", clusterID, coded(err))
	}
	return kube.Target{
		Cluster: c.ID, Generation: c.Generation, APIURL: c.Platform.APIURL, CAPEM: []byte(c.Platform.CAPEM), Token: token,
	}, nil
}

// valuesOpener opens them again, in workers.
type valuesOpener struct{ opener *secret.Opener }

// OpenValues implements application.Opener.
func (o valuesOpener) OpenValues(sealed []byte, operationID int64) (plain []byte, err error) {
	value, err := o.opener.Open(sealed, application.ValuesContext(operationID))
	if err != nil {
		return nil, fmt.Errorf("open the values of operation %d: %w", operationID, coded(err))
	}
	value.Reveal(func(b []byte) { plain = bytes.Clone(b) })
	return plain, nil
}

// coded gives a credential that does not open the code that people see.
func coded(err error) error {
	switch {
	case errors.Is(err, secret.ErrUnknownKey):
		return apperr.Of(apperr.CredentialKey).With(err)
	case errors.Is(err, secret.ErrWrongContext):
		return apperr.Of(apperr.CredentialContext).With(err)
	}
	return err
}
