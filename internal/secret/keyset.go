package secret

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"github.com/tink-crypto/tink-go/v2/hybrid/hpke"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
)

// The modes of the keyset files.
const (
	privateMode = 0o400
	publicMode  = 0o644
)

// What can be wrong with the keyset files.
var (
	// ErrKeysetExposed means that others than the owner may read the private keyset or list its folder.
	ErrKeysetExposed = errors.New("the private keyset is open to other users")
	// ErrPrivateMissing means that a public keyset exists without its private one, which a new one cannot replace.
	ErrPrivateMissing = errors.New("the private keyset of this public keyset is missing")
	// ErrKeysetMismatch means that the public keyset seals to a key that the private one lacks.
	ErrKeysetMismatch = errors.New("the public keyset does not belong to the private one")
	// ErrKeysetHeld means that another process changes the keyset files.
	ErrKeysetHeld = errors.New("another process is changing the keyset")
)

// LoadOrCreate reads the private and the public keyset, or makes them at the first start: the private one with
// mode 0400 in a folder of mode 0700, the public one readable by all. Two processes that start at once end with
// the same keyset. The public keyset may lack keys of the private one, which is how a rotation begins.
func LoadOrCreate(privatePath, publicPath string) (*Sealer, *Opener, error) {
	private, err := loadPrivate(privatePath)
	if errors.Is(err, fs.ErrNotExist) {
		private, err = createPrivate(privatePath, publicPath)
	}
	if err != nil {
		return nil, nil, err
	}
	if err := ensurePublic(private, publicPath); err != nil {
		return nil, nil, err
	}
	opener, err := LoadOpener(privatePath)
	if err != nil {
		return nil, nil, err
	}
	sealer, err := LoadSealer(publicPath)
	if err != nil {
		return nil, nil, err
	}
	if !slices.Contains(opener.file.current().keys, sealer.KeyID()) {
		return nil, nil, fmt.Errorf("comparing %s with %s: %w", publicPath, privatePath, ErrKeysetMismatch)
	}
	return sealer, opener, nil
}

// LoadSealer reads a public keyset.
func LoadSealer(publicPath string) (*Sealer, error) {
	s := &Sealer{}
	if err := s.file.open(publicPath, loadSealing); err != nil {
		return nil, err
	}
	return s, nil
}

// LoadOpener reads a private keyset, which must exist (fs.ErrNotExist).
func LoadOpener(privatePath string) (*Opener, error) {
	o := &Opener{}
	if err := o.file.open(privatePath, loadOpening); err != nil {
		return nil, err
	}
	return o, nil
}

func loadPrivate(path string) (*keyset.Handle, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("opening the private keyset: %w", err)
	}
	defer file.Close()
	for _, stat := range []func() (fs.FileInfo, error){file.Stat, func() (fs.FileInfo, error) { return os.Stat(filepath.Dir(path)) }} {
		info, err := stat()
		if err != nil {
			return nil, fmt.Errorf("checking who may read the private keyset: %w", err)
		}
		if exposed(info) {
			return nil, fmt.Errorf("%s has mode %04o, want no rights for group and others: %w", info.Name(), info.Mode().Perm(), ErrKeysetExposed)
		}
	}
	handle, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(file))
	if err != nil {
		return nil, fmt.Errorf("reading the private keyset %s: %w", path, err)
	}
	return handle, nil
}

// exposed reports whether others than the owner have rights on a file or folder of the private keyset. What root owns may
// be open to a group as well: so systemd hands a credential to a service's user, by an access control list, which the
// mode shows as rights of the group.
func exposed(info fs.FileInfo) bool {
	closed := fs.FileMode(0o077)
	if stat, ok := info.Sys().(*syscall.Stat_t); ok && stat.Uid == 0 && os.Getuid() != 0 {
		closed = 0o027
	}
	return info.Mode().Perm()&closed != 0
}

// createPrivate makes a keyset unless somebody else does so first.
func createPrivate(privatePath, publicPath string) (*keyset.Handle, error) {
	if _, err := os.Stat(publicPath); err == nil {
		// Another process may have made both just now: only a private keyset that stays away is lost.
		if private, err := loadPrivate(privatePath); err == nil {
			return private, nil
		}
		return nil, fmt.Errorf("%s exists and %s does not: %w", publicPath, privatePath, ErrPrivateMissing)
	}
	handle, err := newKeyset()
	if err != nil {
		return nil, err
	}
	encoded, err := encodePrivate(handle)
	if err != nil {
		return nil, err
	}
	defer clear(encoded)
	if err := os.MkdirAll(filepath.Dir(privatePath), 0o700); err != nil {
		return nil, fmt.Errorf("making the folder of the private keyset: %w", err)
	}
	if err := writeOnce(privatePath, encoded, privateMode); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("keeping the private keyset: %w", err)
	}
	return loadPrivate(privatePath)
}

// newKeyset makes a keyset of one key.
func newKeyset() (*keyset.Handle, error) { return withNewPrimary(keyset.NewManager()) }

// withNewPrimary adds a key and makes it primary: HPKE with X-Wing (X25519 and ML-KEM-768) and AES-256-GCM, the key's
// id in front of every ciphertext.
func withNewPrimary(manager *keyset.Manager) (*keyset.Handle, error) {
	params, err := hpke.NewParameters(hpke.ParametersOpts{
		KEMID:   hpke.X_WING,
		KDFID:   hpke.HKDFSHA256,
		AEADID:  hpke.AES256GCM,
		Variant: hpke.VariantTink,
	})
	if err != nil {
		return nil, fmt.Errorf("choosing the keyset's parameters: %w", err)
	}
	id, err := manager.AddNewKeyFromParameters(params)
	if err != nil {
		return nil, fmt.Errorf("making a key: %w", err)
	}
	if err := manager.SetPrimary(id); err != nil {
		return nil, fmt.Errorf("choosing the primary key: %w", err)
	}
	handle, err := manager.Handle()
	if err != nil {
		return nil, fmt.Errorf("making a keyset: %w", err)
	}
	return handle, nil
}

// ensurePublic writes the public keyset when it is missing.
func ensurePublic(private *keyset.Handle, path string) error {
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return nil // whatever else is wrong with it is found when it is read
	}
	encoded, err := encodePublic(private)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("making the folder of the public keyset: %w", err)
	}
	if err := writeOnce(path, encoded, publicMode); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("keeping the public keyset: %w", err)
	}
	return nil
}

func encodePrivate(private *keyset.Handle) ([]byte, error) {
	var buf bytes.Buffer
	if err := insecurecleartextkeyset.Write(private, keyset.NewJSONWriter(&buf)); err != nil {
		return nil, fmt.Errorf("writing the private keyset: %w", err)
	}
	return buf.Bytes(), nil
}

// encodePublic encodes the public half of a private keyset.
func encodePublic(private *keyset.Handle) ([]byte, error) {
	public, err := private.Public()
	if err != nil {
		return nil, fmt.Errorf("deriving the public keyset: %w", err)
	}
	var buf bytes.Buffer
	if err := public.WriteWithNoSecrets(keyset.NewJSONWriter(&buf)); err != nil {
		return nil, fmt.Errorf("writing the public keyset: %w", err)
	}
	return buf.Bytes(), nil
}

func readPublic(path string) (*keyset.Handle, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("opening the public keyset: %w", err)
	}
	handle, err := keyset.ReadWithNoSecrets(keyset.NewJSONReader(bytes.NewReader(data)))
	if err != nil {
		return nil, fmt.Errorf("reading the public keyset %s: %w", path, err)
	}
	return handle, nil
}
