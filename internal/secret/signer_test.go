package secret_test

import (
	"bytes"
	"errors"
	"path/filepath"
	"testing"

	"github.com/roadstead/roadstead/internal/secret"
)

func signer(t *testing.T, dir string) *secret.Signer {
	t.Helper()
	s, err := secret.LoadSigner(filepath.Join(dir, "keys", "private"))
	check(t, err)
	return s
}

func sign(t *testing.T, s *secret.Signer, key uint32) []byte {
	t.Helper()
	signature, err := s.Sign(key, []byte(marker))
	check(t, err)
	return signature
}

// TestSignaturesOutliveRotations: the newest key signs, and what an older or retired one signed can still be checked.
func TestSignaturesOutliveRotations(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	load(t, dir)
	running := signer(t, dir)
	first := running.Newest()
	signed := sign(t, running, first)

	r := hold(t, dir)
	check(t, r.Add())
	if running.Newest() == first {
		t.Error("a running process signs with the old key")
	}
	check(t, r.Publish())
	check(t, r.Retire())
	restarted := signer(t, dir)
	if !bytes.Equal(sign(t, restarted, first), signed) || bytes.Equal(sign(t, restarted, restarted.Newest()), signed) {
		t.Error("the retired key does not sign as it did, or both keys sign alike")
	}
}

func TestSignaturesTakeThePrivateKeyset(t *testing.T) {
	t.Parallel()
	dir, other := t.TempDir(), t.TempDir()
	load(t, dir)
	load(t, other)
	ours, theirs := signer(t, dir), signer(t, other)
	if _, err := theirs.Sign(ours.Newest(), []byte(marker)); !errors.Is(err, secret.ErrUnknownSigner) {
		t.Errorf("with the key of another keyset: %v", err)
	}
}
