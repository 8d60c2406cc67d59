package secret

import (
	"crypto/ecdh"
	"crypto/hpke"
	"fmt"
)

// Box receives one answer for a waiting request. Its private key lives in the memory of the process that waits,
// so the sealed answer may pass through the database. A Box serves minutes, not years: X25519 alone is enough.
type Box struct {
	private hpke.PrivateKey
}

// NewBox makes a box with a fresh key.
func NewBox() (*Box, error) {
	private, err := kem().GenerateKey()
	if err != nil {
		return nil, fmt.Errorf("making a one-time key: %w", err)
	}
	return &Box{private: private}, nil
}

// Public is the key to hand to SealTo, 32 bytes.
func (b *Box) Public() []byte { return b.private.PublicKey().Bytes() }

// Open decrypts an answer that was sealed to this box with the same info; else it fails with ErrWrongContext.
func (b *Box) Open(ciphertext, info []byte) (Value, error) {
	plain, err := hpke.Open(b.private, hpke.HKDFSHA256(), hpke.AES256GCM(), info, ciphertext)
	if err != nil {
		return Value{}, fmt.Errorf("opening a sealed answer: %w", ErrWrongContext)
	}
	defer clear(plain)
	return NewValue(plain), nil
}

// SealTo encrypts a value to the public key of a Box, bound to info: what was asked and for whom.
func SealTo(public []byte, v Value, info []byte) ([]byte, error) {
	key, err := kem().NewPublicKey(public)
	if err != nil {
		return nil, fmt.Errorf("reading the one-time key: %w", err)
	}
	var out []byte
	v.Reveal(func(b []byte) { out, err = hpke.Seal(key, hpke.HKDFSHA256(), hpke.AES256GCM(), info, b) })
	if err != nil {
		return nil, fmt.Errorf("sealing an answer: %w", err)
	}
	return out, nil
}

func kem() hpke.KEM { return hpke.DHKEM(ecdh.X25519()) }
