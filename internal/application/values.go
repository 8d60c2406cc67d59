package application

import (
	"bytes"
	"errors"
	"io"

	"go.yaml.in/yaml/v3"

	"github.com/roadstead/roadstead/internal/apperr"
)

// maxValues bounds the values of a user, in bytes. A Secret holds 1 MiB.
const maxValues = 256 << 10

// checkValues accepts one YAML document that is a mapping, or nothing at all.
func checkValues(values []byte) error {
	if len(values) > maxValues {
		return refused("The values are larger than 256 KiB.")
	}
	decoder := yaml.NewDecoder(bytes.NewReader(values))
	var mapping map[string]any
	if err := decoder.Decode(&mapping); errors.Is(err, io.EOF) {
		return nil
	} else if err != nil {
		return refused("The values are not a YAML mapping.").With(err)
	}
	if err := decoder.Decode(&mapping); !errors.Is(err, io.EOF) {
		return refused("The values hold more than one YAML document.")
	}
	return nil
}

func refused(message string) *apperr.Error {
	return apperr.New(apperr.ValuesRefused, message, "Give one YAML mapping, as in a values.yaml of Helm.")
}
