package secret

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/tink-crypto/tink-go/v2/hybrid"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// What Open and Verify can find wrong with a ciphertext.
var (
	// ErrUnknownKey means that the private keyset lacks the key it was sealed to.
	ErrUnknownKey = errors.New("sealed to a key that is not in the private keyset")
	// ErrWrongContext means that the key is known, but row, owner, target or content were changed.
	ErrWrongContext = errors.New("sealed for another row, owner or target, or damaged")
	// ErrNotSealed means that the bytes are not a ciphertext of ours.
	ErrNotSealed = errors.New("not a sealed credential")
)

// keyPrefix is how a ciphertext starts: a version byte of tink, then the id of the key.
const (
	prefixVersion = 0x01
	prefixLen     = 5
)

// Sealer writes credentials that only an Opener reads. It holds no private key.
type Sealer struct {
	encrypt tink.HybridEncrypt
	primary uint32
}

func newSealer(public *keyset.Handle) (*Sealer, error) {
	encrypt, err := hybrid.NewHybridEncrypt(public)
	if err != nil {
		return nil, fmt.Errorf("preparing to seal credentials: %w", err)
	}
	primary, err := public.Primary()
	if err != nil {
		return nil, fmt.Errorf("reading the keyset's primary key: %w", err)
	}
	return &Sealer{encrypt: encrypt, primary: primary.KeyID()}, nil
}

// Seal encrypts a credential for the place and target of ctx. It takes about 0.4 ms.
func (s *Sealer) Seal(plaintext Value, ctx Context) ([]byte, error) {
	var out []byte
	var err error
	plaintext.Reveal(func(b []byte) { out, err = s.encrypt.Encrypt(b, ctx.info()) })
	if err != nil {
		return nil, fmt.Errorf("sealing a credential: %w", err)
	}
	return out, nil
}

// KeyID is the id of the key that Seal uses.
func (s *Sealer) KeyID() uint32 { return s.primary }

// Opener reads what was sealed to any key of its private keyset.
type Opener struct {
	decrypt tink.HybridDecrypt
	keys    []uint32
}

func newOpener(private *keyset.Handle) (*Opener, error) {
	decrypt, err := hybrid.NewHybridDecrypt(private)
	if err != nil {
		return nil, fmt.Errorf("preparing to open credentials: %w", err)
	}
	keys, err := keyIDs(private)
	if err != nil {
		return nil, err
	}
	return &Opener{decrypt: decrypt, keys: keys}, nil
}

// Open decrypts a credential that was sealed with the same ctx. It fails with ErrUnknownKey, ErrWrongContext or
// ErrNotSealed.
func (o *Opener) Open(ciphertext []byte, ctx Context) (Value, error) {
	id, err := KeyIDOf(ciphertext)
	if err != nil {
		return Value{}, fmt.Errorf("opening a credential: %w", err)
	}
	if !slices.Contains(o.keys, id) {
		return Value{}, fmt.Errorf("opening a credential: key %08x: %w", id, ErrUnknownKey)
	}
	plain, err := o.decrypt.Decrypt(ciphertext, ctx.info())
	if err != nil {
		return Value{}, fmt.Errorf("opening a credential: key %08x: %w", id, ErrWrongContext)
	}
	defer clear(plain)
	return NewValue(plain), nil
}

// KeyIDOf reads from a ciphertext which key it was sealed to.
func KeyIDOf(ciphertext []byte) (uint32, error) {
	if len(ciphertext) <= prefixLen || ciphertext[0] != prefixVersion {
		return 0, ErrNotSealed
	}
	return binary.BigEndian.Uint32(ciphertext[1:prefixLen]), nil
}

func keyIDs(h *keyset.Handle) ([]uint32, error) {
	ids := make([]uint32, 0, h.Len())
	for i := range h.Len() {
		entry, err := h.Entry(i)
		if err != nil {
			return nil, fmt.Errorf("reading the keyset: %w", err)
		}
		if entry.KeyStatus() == keyset.Enabled {
			ids = append(ids, entry.KeyID())
		}
	}
	return ids, nil
}

// canary is a known text that proves at start that an opener fits what is stored.
const canary = "roadstead canary"

func canaryContext() Context { return Context{Table: "canary"} }

// SealCanary makes a ciphertext to store beside the credentials; see Verify.
func (s *Sealer) SealCanary() ([]byte, error) {
	return s.Seal(NewValue([]byte(canary)), canaryContext())
}

// Verify opens a stored canary: an error means that this opener would not read the stored credentials either.
func (o *Opener) Verify(sealed []byte) error {
	v, err := o.Open(sealed, canaryContext())
	if err != nil {
		return fmt.Errorf("checking the private keyset against the stored canary: %w", err)
	}
	v.Reveal(func(b []byte) {
		if !bytes.Equal(b, []byte(canary)) {
			err = fmt.Errorf("checking the private keyset against the stored canary: %w", ErrWrongContext)
		}
	})
	return err
}
