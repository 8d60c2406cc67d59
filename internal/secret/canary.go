package secret

import (
	"bytes"
	"fmt"
)

// canary is a known text that proves at start that an opener fits what is stored.
const canary = "roadstead canary"

// CanaryContext is what the canary is sealed for: there is one in an installation.
func CanaryContext() Context { return Context{Table: "canary"} }

// SealCanary makes a ciphertext to store beside the credentials; see Verify.
func (s *Sealer) SealCanary() ([]byte, error) {
	return s.Seal(NewValue([]byte(canary)), CanaryContext())
}

// Verify opens a stored canary: an error means that this opener would not read the stored credentials either.
func (o *Opener) Verify(sealed []byte) error {
	v, err := o.Open(sealed, CanaryContext())
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
