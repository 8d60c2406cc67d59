package auth_test

import (
	"testing"

	"github.com/roadstead/roadstead/internal/auth"
)

// BenchmarkAuthenticateToken is what every request of a program pays before anything else.
func BenchmarkAuthenticateToken(b *testing.B) {
	w := newWorld(b)
	_, ctx := w.person("ann")
	secret, _ := w.personal(ctx, auth.API)
	b.Run("good", func(b *testing.B) {
		for b.Loop() {
			if _, err := w.AuthenticateToken(b.Context(), secret); err != nil {
				b.Fatal(err)
			}
		}
	})
	unknown := auth.NewSecret(auth.Personal)
	b.Run("unknown", func(b *testing.B) {
		for b.Loop() {
			_, _ = w.AuthenticateToken(b.Context(), unknown)
		}
	})
	b.Run("malformed", func(b *testing.B) {
		for b.Loop() {
			_, _ = w.AuthenticateToken(b.Context(), secret[:40])
		}
	})
}
