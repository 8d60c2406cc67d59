package secret

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
)

// placeholder is what any attempt to print, log or marshal a Value shows.
const placeholder = "[secret]"

// Value is a credential in memory. It holds its bytes behind a function, because reflection, and with it every
// printer and log handler, can look into unexported fields but not into a closure. The zero Value is empty.
type Value struct {
	reveal func(func([]byte))
}

// NewValue takes a copy of b.
func NewValue(b []byte) Value {
	if len(b) == 0 {
		return Value{}
	}
	held := bytes.Clone(b)
	return Value{reveal: func(f func([]byte)) {
		lent := bytes.Clone(held)
		defer clear(lent)
		f(lent)
	}}
}

// Reveal lends the bytes to f, which must not keep them: they are wiped when f returns. It is the only way in.
func (v Value) Reveal(f func([]byte)) {
	if v.reveal == nil {
		f(nil)
		return
	}
	v.reveal(f)
}

// IsEmpty reports whether there is nothing in v.
func (v Value) IsEmpty() bool { return v.reveal == nil }

// Format prints a placeholder for every verb.
func (v Value) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, placeholder) }

// LogValue logs a placeholder.
func (v Value) LogValue() slog.Value { return slog.StringValue(placeholder) }

// MarshalJSON writes a placeholder.
func (v Value) MarshalJSON() ([]byte, error) { return []byte(`"` + placeholder + `"`), nil }

// MarshalText writes a placeholder.
func (v Value) MarshalText() ([]byte, error) { return []byte(placeholder), nil }
