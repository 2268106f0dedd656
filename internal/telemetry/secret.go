package telemetry

import (
	"fmt"
	"io"
	"log/slog"
)

// Redacted is what stands in a log, a page or a dump in the place of a secret or of patient data.
const Redacted = "[redacted]"

// Secret is a credential: a password, a key, a token. It prints as [redacted] in every form, so that a configuration
// or a struct that holds it can be logged or encoded without thought; only Reveal gives the text. It is a string kind,
// so that configuration decoders can fill it.
type Secret string

// Reveal gives the secret itself. Every call is a place to review.
func (s Secret) Reveal() string { return string(s) }

// IsSet tells whether there is a secret, without showing it.
func (s Secret) IsSet() bool { return s != "" }

// String gives [redacted].
func (s Secret) String() string { return Redacted }

// GoString gives [redacted], for %#v.
func (s Secret) GoString() string { return Redacted }

// Format writes [redacted] for every verb.
func (s Secret) Format(f fmt.State, _ rune) { redact(f) }

// LogValue gives [redacted] to slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(Redacted) }

// MarshalText gives [redacted] to text and JSON encoders.
func (s Secret) MarshalText() ([]byte, error) { return []byte(Redacted), nil }

// PHI is text about a patient: a name, a phone number, a result, an analyzer's payload. It prints as [redacted] in
// every form; only Reveal gives the text.
type PHI struct{ text string }

// NewPHI wraps text about a patient.
func NewPHI(text string) PHI { return PHI{text: text} }

// Reveal gives the text itself. Every call is a place to review.
func (p PHI) Reveal() string { return p.text }

// String gives [redacted].
func (p PHI) String() string { return Redacted }

// GoString gives [redacted], for %#v.
func (p PHI) GoString() string { return Redacted }

// Format writes [redacted] for every verb.
func (p PHI) Format(f fmt.State, _ rune) { redact(f) }

// LogValue gives [redacted] to slog.
func (p PHI) LogValue() slog.Value { return slog.StringValue(Redacted) }

// MarshalText gives [redacted] to text and JSON encoders.
func (p PHI) MarshalText() ([]byte, error) { return []byte(Redacted), nil }

func redact(f fmt.State) {
	_, _ = io.WriteString(f, Redacted) // a fmt.State collects; there is nobody to tell of an error
}
