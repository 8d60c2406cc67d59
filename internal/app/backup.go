package app

import (
	"context"

	"github.com/roadstead/roadstead/internal/config"
	"github.com/roadstead/roadstead/internal/store"
)

// Backup writes the records of a data folder into a file.
func Backup(ctx context.Context, cfg config.Config, file string) error {
	return store.Backup(ctx, cfg.DataDir, file)
}

// Restore puts a backup into an empty data folder, or only verifies that it is
// whole.
func Restore(ctx context.Context, cfg config.Config, file string, verify bool) error {
	if verify {
		_, err := store.VerifyBackup(ctx, file)
		return err
	}
	_, err := store.Restore(ctx, file, cfg.DataDir)
	return err
}
