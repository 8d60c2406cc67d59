package app_test

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/roadstead/roadstead/internal/app"
	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/config"
)

// TestUnusableKeysetIsExplained makes a keyset, spoils it and starts again.
func TestUnusableKeysetIsExplained(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		spoil  func(private, public string) error
		code   apperr.Code
		status int
	}{
		"readable by others": {
			func(private, _ string) error { return os.Chmod(private, 0o444) }, apperr.ValidationFailed, http.StatusUnprocessableEntity,
		},
		"lost": {func(private, _ string) error { return os.Remove(private) }, apperr.CredentialKey, http.StatusInternalServerError},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config.Config{DataDir: t.TempDir(), Role: config.RoleAll}.WithDefaults()
			cfg.PublicKeysetFile = filepath.Join(cfg.DataDir, "public")
			if err := app.InitSecrets(cfg); err != nil {
				t.Fatal(err)
			}
			if err := tc.spoil(cfg.KeysetFile, cfg.PublicKeysetFile); err != nil {
				t.Fatal(err)
			}
			known, ok := apperr.From(app.InitSecrets(cfg))
			if !ok || known.Code != tc.code || known.Status() != tc.status || known.Hint == "" {
				t.Errorf("error = %+v", known)
			}
		})
	}
	if err := app.InitSecrets(config.Config{Role: config.RoleWeb}); apperr.CodeOf(err) != apperr.InvalidRequest {
		t.Errorf("the web half makes a keyset: %v", err)
	}
}
