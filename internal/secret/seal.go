package secret

import (
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

// Sealer writes credentials that only an Opener reads. It holds no private key. When its file is replaced, it seals
// to the new primary key from then on.
type Sealer struct {
	file watched[sealing]
}

// sealing is a public keyset made ready.
type sealing struct {
	encrypt tink.HybridEncrypt
	primary uint32
}

func loadSealing(path string) (sealing, error) {
	public, err := readPublic(path)
	if err != nil {
		return sealing{}, err
	}
	encrypt, err := hybrid.NewHybridEncrypt(public)
	if err != nil {
		return sealing{}, fmt.Errorf("preparing to seal credentials: %w", err)
	}
	primary, err := public.Primary()
	if err != nil {
		return sealing{}, fmt.Errorf("reading the keyset's primary key: %w", err)
	}
	return sealing{encrypt: encrypt, primary: primary.KeyID()}, nil
}

// Seal encrypts a credential for the place and target of ctx. It takes about 0.4 ms.
func (s *Sealer) Seal(plaintext Value, ctx Context) ([]byte, error) {
	keys := s.file.latest()
	var out []byte
	var err error
	plaintext.Reveal(func(b []byte) { out, err = keys.encrypt.Encrypt(b, ctx.info()) })
	if err != nil {
		return nil, fmt.Errorf("sealing a credential: %w", err)
	}
	return out, nil
}

// KeyID is the id of the key that Seal uses.
func (s *Sealer) KeyID() uint32 { return s.file.latest().primary }

// Opener reads what was sealed to any enabled key of its private keyset. When it meets a key that it does not know, it
// looks whether its file was replaced meanwhile, so that nothing sealed during a rotation is out of its reach.
type Opener struct {
	file watched[opening]
}

// opening is a private keyset made ready.
type opening struct {
	decrypt tink.HybridDecrypt
	keys    []uint32
}

func loadOpening(path string) (opening, error) {
	private, err := loadPrivate(path)
	if err != nil {
		return opening{}, err
	}
	decrypt, err := hybrid.NewHybridDecrypt(private)
	if err != nil {
		return opening{}, fmt.Errorf("preparing to open credentials: %w", err)
	}
	keys, err := keyIDs(private)
	if err != nil {
		return opening{}, err
	}
	return opening{decrypt: decrypt, keys: keys}, nil
}

// Open decrypts a credential that was sealed with the same ctx. It fails with ErrUnknownKey, ErrWrongContext or
// ErrNotSealed.
func (o *Opener) Open(ciphertext []byte, ctx Context) (Value, error) {
	id, err := KeyIDOf(ciphertext)
	if err != nil {
		return Value{}, fmt.Errorf("opening a credential: %w", err)
	}
	keys := o.file.current()
	if !slices.Contains(keys.keys, id) {
		keys = o.file.latest()
	}
	if !slices.Contains(keys.keys, id) {
		return Value{}, fmt.Errorf("opening a credential: key %08x: %w", id, ErrUnknownKey)
	}
	plain, err := keys.decrypt.Decrypt(ciphertext, ctx.info())
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
