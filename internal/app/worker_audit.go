package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/audit"
	"github.com/roadstead/roadstead/internal/config"
	"github.com/roadstead/roadstead/internal/secret"
)

// keeper chains the audit record, in one of all workers at a time.
func (c *core) keeper(keys *workerKeys, cfg config.Config) *audit.Keeper {
	return &audit.Keeper{
		Store: c.db.Audit(), Signer: keys.signer, Keep: c.keepAudit, Ship: checkpointLogOf(cfg), Log: c.log, Now: now,
	}
}

// keepAudit is how long the audit record is kept.
func (c *core) keepAudit(ctx context.Context) (time.Duration, error) {
	set, err := c.settings.Settings(ctx)
	return set.KeepAudit(), err
}

// checkpointLog is the file that audit checkpoints are added to, which the operator keeps elsewhere as well. It is opened
// for each, since there is one in an hour and others may rotate it.
type checkpointLog string

func checkpointLogOf(cfg config.Config) checkpointLog {
	return checkpointLog(filepath.Join(cfg.DataDir, "log", "audit-checkpoints.log"))
}

// Write adds a line and brings it to the disk.
func (l checkpointLog) Write(line []byte) (int, error) {
	if err := os.MkdirAll(filepath.Dir(string(l)), 0o700); err != nil {
		return 0, fmt.Errorf("make the log folder: %w", err)
	}
	file, err := os.OpenFile(string(l), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, fmt.Errorf("open the log of audit checkpoints: %w", err)
	}
	n, err := file.Write(line)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return n, fmt.Errorf("write the log of audit checkpoints: %w", err)
	}
	return n, nil
}

// VerifyAudit compares the audit record with its chain and with the checkpoints of a file, which is the server's own log
// of them when none is named. It may run while the server does, and writes nothing.
func VerifyAudit(ctx context.Context, cfg config.Config, checkpoints string) (report audit.Report, err error) {
	if _, err := existingKeys(cfg); err != nil {
		return report, err
	}
	signer, err := secret.LoadSigner(cfg.KeysetFile)
	if err != nil {
		return report, keysetError(err)
	}
	elsewhere, err := readCheckpoints(cfg, checkpoints)
	if err != nil {
		return report, err
	}
	db, err := openBeside(ctx, cfg)
	if err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	report, err = audit.Verify(ctx, db.Audit(), signer, elsewhere)
	if errors.Is(err, secret.ErrUnknownSigner) {
		return report, apperr.Wrap(err, apperr.CredentialKey, "A key is missing that the audit record was signed with.",
			"Put back the private keyset with all its keys, also the retired ones.")
	}
	return report, err
}

// readCheckpoints reads the named file, else the log of the data folder if there is one.
func readCheckpoints(cfg config.Config, name string) ([]audit.Checkpoint, error) {
	path := name
	if path == "" {
		path = string(checkpointLogOf(cfg))
	}
	text, err := os.ReadFile(path)
	if name == "" && errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, apperr.Wrap(err, apperr.NotFound, "The file of checkpoints cannot be read.", "Name a file that this user may read.")
	}
	all, err := audit.ParseCheckpoints(text)
	if err != nil {
		return nil, apperr.Wrap(err, apperr.ValidationFailed, "That is not a file of audit checkpoints.",
			"Give the lines of log/audit-checkpoints.log as they were written.")
	}
	return all, nil
}
