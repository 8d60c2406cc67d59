package config

import "log/slog"

const redaction = "[redacted]"

// Redacted is a setting that must not be seen: every way of printing, logging or marshalling it shows a mark.
type Redacted string

// Reveal returns the setting itself.
func (r Redacted) Reveal() string { return string(r) }

// String implements [fmt.Stringer].
func (Redacted) String() string { return redaction }

// GoString implements [fmt.GoStringer].
func (Redacted) GoString() string { return redaction }

// LogValue implements [slog.LogValuer].
func (Redacted) LogValue() slog.Value { return slog.StringValue(redaction) }

// MarshalText implements [encoding.TextMarshaler].
func (Redacted) MarshalText() ([]byte, error) { return []byte(redaction), nil }
