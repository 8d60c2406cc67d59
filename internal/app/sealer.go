package app

import (
	"github.com/roadstead/roadstead/internal/application"
	"github.com/roadstead/roadstead/internal/secret"
)

// valuesSealer seals a user's values to their operation.
type valuesSealer struct{ sealer *secret.Sealer }

// SealValues implements application.Sealer.
func (s valuesSealer) SealValues(plain []byte, operationID int64) ([]byte, error) {
	return s.sealer.Seal(secret.NewValue(plain), application.ValuesContext(operationID))
}
