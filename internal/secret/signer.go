package secret

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/tink-crypto/tink-go/v2/hybrid/hpke"
	"github.com/tink-crypto/tink-go/v2/insecuresecretdataaccess"
	"github.com/tink-crypto/tink-go/v2/keyset"
)

// signingPurpose keeps the keys that sign apart from those that open, from which they are derived.
const signingPurpose = "roadstead signing"

// ErrUnknownSigner means that the private keyset lacks the key that a signature was made with.
var ErrUnknownSigner = errors.New("signed with a key that is not in the private keyset")

// Signer makes signatures that only holders of the private keyset can make or check. It signs with the newest key and
// checks with every one of the file: retired keys, too, since what they signed stays.
type Signer struct {
	file watched[signing]
}

// signing is what signs, derived from a private keyset.
type signing struct {
	newest uint32
	keys   map[uint32]Value
}

// LoadSigner reads a private keyset, which must exist (fs.ErrNotExist).
func LoadSigner(privatePath string) (*Signer, error) {
	s := &Signer{}
	if err := s.file.open(privatePath, loadSigning); err != nil {
		return nil, err
	}
	return s, nil
}

func loadSigning(path string) (signing, error) {
	private, err := loadPrivate(path)
	if err != nil {
		return signing{}, err
	}
	s := signing{keys: make(map[uint32]Value, private.Len())}
	for i := range private.Len() {
		entry, err := private.Entry(i)
		if err != nil {
			return signing{}, fmt.Errorf("reading the keyset: %w", err)
		}
		if s.keys[entry.KeyID()], err = derive(entry); err != nil {
			return signing{}, err
		}
		if entry.IsPrimary() {
			s.newest = entry.KeyID()
		}
	}
	return s, nil
}

func derive(entry *keyset.Entry) (Value, error) {
	key, ok := entry.Key().(*hpke.PrivateKey)
	if !ok {
		return Value{}, fmt.Errorf("deriving a key that signs: key %08x is a %T", entry.KeyID(), entry.Key())
	}
	private := key.PrivateKeyBytes().Data(insecuresecretdataaccess.Token{})
	defer clear(private)
	derived, err := hkdf.Key(sha256.New, private, nil, signingPurpose, sha256.Size)
	if err != nil {
		return Value{}, fmt.Errorf("deriving a key that signs: %w", err)
	}
	defer clear(derived)
	return NewValue(derived), nil
}

// Newest is the id of the key to sign with. It looks at the file first.
func (s *Signer) Newest() uint32 { return s.file.latest().newest }

// Sign returns the HMAC-SHA256 of a message under a key. It fails with ErrUnknownSigner when the file, looked at again,
// lacks the key.
func (s *Signer) Sign(key uint32, message []byte) (signature []byte, err error) {
	value, ok := s.file.current().keys[key]
	if !ok {
		value, ok = s.file.latest().keys[key]
	}
	if !ok {
		return nil, fmt.Errorf("signing: key %08x: %w", key, ErrUnknownSigner)
	}
	value.Reveal(func(b []byte) {
		mac := hmac.New(sha256.New, b)
		_, _ = mac.Write(message) // never fails
		signature = mac.Sum(nil)
	})
	return signature, nil
}
