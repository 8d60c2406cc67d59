package app

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/config"
)

// adminToken returns the hash of the administrator's token: the configured one,
// else the one kept in the data folder, which is made and shown once at the
// first start.
func adminToken(cfg config.Config, out io.Writer) ([sha256.Size]byte, error) {
	if token := cfg.AdminToken.Reveal(); token != "" {
		return sha256.Sum256([]byte(token)), nil
	}
	path := filepath.Join(cfg.DataDir, "admin-token")
	kept, err := os.ReadFile(path)
	if err == nil {
		return sha256.Sum256([]byte(strings.TrimSpace(string(kept)))), nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return [sha256.Size]byte{}, fmt.Errorf("read the administrator's token: %w", err)
	}
	token := auth.NewSecret(auth.Personal)
	if err := os.WriteFile(path, []byte(token+"\n"), 0o600); err != nil {
		return [sha256.Size]byte{}, fmt.Errorf("keep the administrator's token: %w", err)
	}
	fmt.Fprintf(out, "Administrator token, shown this once and kept in %s:\n%s\n", path, token)
	return sha256.Sum256([]byte(token)), nil
}
