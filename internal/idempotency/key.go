package idempotency

import (
	"strings"

	"github.com/roadstead/roadstead/internal/apperr"
)

// The headers of a request and of an answer that was given before. The first is that of the IETF's draft
// draft-ietf-httpapi-idempotency-key-header, whose statuses are ours too: 400, 409 and 422.
const (
	Header   = "Idempotency-Key"
	Replayed = "Idempotency-Replayed"
)

// maxKey is the length of a key, in bytes: as much as the best known API with such keys takes.
const maxKey = 255

// CheckKey refuses what is no key: 1 to 255 characters of visible ASCII. The draft wants it in quotes, which are characters
// like others here.
func CheckKey(key string) error {
	hidden := func(r rune) bool { return r <= ' ' || r > '~' }
	if key == "" || len(key) > maxKey || strings.ContainsFunc(key, hidden) {
		return apperr.Of(apperr.IdempotencyKeyInvalid)
	}
	return nil
}
