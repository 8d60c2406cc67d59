package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/user"
	"strconv"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/audit"
	"github.com/roadstead/roadstead/internal/config"
	"github.com/roadstead/roadstead/internal/secret"
	"github.com/roadstead/roadstead/internal/store"
	"github.com/roadstead/roadstead/internal/vault"
)

// InitSecrets makes the keyset, unless there is one.
func InitSecrets(cfg config.Config) error {
	if !cfg.Role.Worker() {
		return webHoldsNoKeys()
	}
	_, err := openWorkerKeys(cfg)
	return err
}

// VerifySecrets opens everything that is stored sealed, also while the server
// runs, and writes nothing.
func VerifySecrets(ctx context.Context, cfg config.Config) (report vault.Report, err error) {
	opener, err := existingKeys(cfg)
	if err != nil {
		return report, err
	}
	db, err := openBeside(ctx, cfg)
	if err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return vault.Check(ctx, db.Vault(), opener)
}

// RotateSecrets does a step of a rotation of keys, also while the server runs.
// Note is told what was done.
func RotateSecrets(ctx context.Context, cfg config.Config, step vault.Step, note func(string)) (err error) {
	opener, err := existingKeys(cfg)
	if err != nil {
		return err
	}
	sealer, err := secret.LoadSealer(cfg.PublicKeysetFile)
	if err != nil {
		return fmt.Errorf("load the public keyset: %w", err)
	}
	keys, err := secret.HoldKeyset(cfg.KeysetFile, cfg.PublicKeysetFile)
	if errors.Is(err, secret.ErrKeysetHeld) {
		return apperr.Wrap(err, apperr.Conflict, "Another process rotates the keys.", "Wait until it is done.")
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, keys.Release()) }()
	db, err := openBeside(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	ctx = audit.WithActor(ctx, localActor())
	if err := vault.Prove(ctx, db.Vault(), opener, sealer); err != nil {
		return err
	}
	rotator := &vault.Rotator{Store: db.Vault(), Keys: keys, Opener: opener, Sealer: sealer, Note: note}
	return rotator.Run(ctx, step)
}

// localActor is whoever runs a command on a worker's machine, by the name that he has there.
func localActor() audit.Actor {
	actor := audit.Actor{Kind: audit.Local, Name: strconv.Itoa(os.Getuid())}
	if known, err := user.Current(); err == nil {
		actor.Name = known.Username
	}
	return actor
}

// existingKeys loads the private keyset and never makes one.
func existingKeys(cfg config.Config) (*secret.Opener, error) {
	if !cfg.Role.Worker() {
		return nil, webHoldsNoKeys()
	}
	opener, err := secret.LoadOpener(cfg.KeysetFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, apperr.Wrap(err, apperr.CredentialKey, "There is no private keyset "+cfg.KeysetFile+".",
			"Give the settings of the worker, or put its keyset back.")
	}
	if err != nil {
		return nil, keysetError(err)
	}
	return opener, nil
}

func webHoldsNoKeys() error {
	return apperr.New(apperr.InvalidRequest, "The web half holds no private keys.", "Run this where a worker runs.")
}

func openBeside(ctx context.Context, cfg config.Config) (*store.DB, error) {
	return store.OpenBeside(ctx, store.Config{
		DataDir: cfg.DataDir, DatabaseURL: cfg.DatabaseURL.Reveal(), Log: slog.New(slog.DiscardHandler),
	})
}

// prove fails unless the keyset fits what is stored.
func (k *workerKeys) prove(ctx context.Context, c *core) error {
	if err := vault.Prove(ctx, c.db.Vault(), k.opener, c.sealer); err != nil {
		return fmt.Errorf("check the private keyset: %w", err)
	}
	return nil
}
