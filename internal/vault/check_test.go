package vault_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/secret"
	"github.com/roadstead/roadstead/internal/vault"
)

func TestCheckFindsWhatDoesNotOpen(t *testing.T) {
	t.Parallel()
	foreign := newInstallation(t, 0, 0)
	tests := map[string]struct {
		spoil   func(t *testing.T, w *installation)
		want    map[int64]error // by id of the token
		missing bool
	}{
		"nothing": {func(*testing.T, *installation) {}, nil, false},
		"swapped": {
			func(_ *testing.T, w *installation) { w.swap() },
			map[int64]error{1: secret.ErrWrongContext, 2: secret.ErrWrongContext},
			false,
		},
		"unknown key": {
			func(t *testing.T, w *installation) { t.Helper(); w.add(t, vault.Tokens, 9, foreign.sealer) },
			map[int64]error{9: secret.ErrUnknownKey},
			true,
		},
		"not sealed": {
			func(_ *testing.T, w *installation) {
				w.store.rows[vault.Tokens][2].Ciphertext = []byte("a token as it is")
			},
			map[int64]error{3: secret.ErrNotSealed},
			false,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newInstallation(t, 3, 2)
			test.spoil(t, w)
			report := w.check(t)
			if len(report.Bad) != len(test.want) || report.KeyMissing() != test.missing {
				t.Fatalf("report %+v, want %v", report, test.want)
			}
			for _, bad := range report.Bad {
				if bad.Kind != vault.Tokens || !errors.Is(bad.Err, test.want[bad.ID]) {
					t.Errorf("%s %d: %v, want %v", bad.Kind, bad.ID, bad.Err, test.want[bad.ID])
				}
			}
		})
	}
}

func TestWrongKeysetIsRefusedAtStart(t *testing.T) {
	t.Parallel()
	other := newInstallation(t, 0, 0)
	tests := map[string]struct {
		change func(w *installation)
		want   apperr.Code
	}{
		"right":          {func(*installation) {}, ""},
		"another keyset": {func(w *installation) { w.opener, w.sealer = other.opener, other.sealer }, apperr.CredentialKey},
		"no canary yet":  {func(w *installation) { delete(w.store.rows, vault.Canary) }, ""},
		"another, no canary yet": {func(w *installation) {
			delete(w.store.rows, vault.Canary)
			w.opener, w.sealer = other.opener, other.sealer
		}, apperr.CredentialKey},
		"damaged canary": {func(w *installation) {
			canary := w.store.rows[vault.Canary][0].Ciphertext
			canary[len(canary)-1] ^= 1
		}, apperr.CredentialContext},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newInstallation(t, 1, 1)
			first := w.sealer.KeyID()
			test.change(w)
			err := vault.Prove(t.Context(), w.store, w.opener, w.sealer)
			if e, _ := apperr.From(err); apperr.CodeOf(err) != test.want || (err != nil && e.Hint == "") {
				t.Fatalf("err = %v, want %q", err, test.want)
			}
			if e, ok := apperr.From(err); ok && test.want == apperr.CredentialKey && !strings.Contains(e.Message, hex(first)) {
				t.Errorf("the message does not name key %s: %s", hex(first), e.Message)
			}
			if err == nil && len(w.store.rows[vault.Canary]) != 1 {
				t.Error("no canary is kept")
			}
		})
	}
}

func hex(id uint32) string { return fmt.Sprintf("%08x", id) }
