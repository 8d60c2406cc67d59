package idempotency

import (
	"crypto/sha256"
	"encoding/binary"
	"time"
)

// Request is one that came under a key.
type Request struct {
	// UserID is who calls, whatever token he uses. Keys of others are none of his.
	UserID int64
	Key    string
	Method string
	// Target is the path with its query.
	Target string
	Body   []byte
	// Wait is how long the request asked to be held until work ends.
	Wait time.Duration
}

// id names the key of a user.
func (r Request) id() []byte {
	return digest(binary.BigEndian.AppendUint64(nil, uint64(r.UserID)), []byte(r.Key))
}

// fingerprint tells requests under one key apart.
func (r Request) fingerprint() []byte {
	return digest([]byte(r.Key), []byte(r.Method), []byte(r.Target), r.Body)
}

// digest hashes parts, each after its length, so that no part can run into the next one.
func digest(parts ...[]byte) []byte {
	hash := sha256.New()
	for _, part := range parts {
		hash.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part))))
		hash.Write(part)
	}
	return hash.Sum(nil)
}
