package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"hash/crc32"
	"math/big"
	"strings"

	"github.com/roadstead/roadstead/internal/apperr"
)

// The form of an access token: the prefix, a letter for its kind, a bar, 32
// random bytes and their checksum, both in base62. A search for secrets finds it
// by its form, and tells it from a false hit by the checksum:
//
//	\brsd_[pgrs]_[0-9A-Za-z]{49}\b
const (
	tokenPrefix    = "rsd_"
	tokenRandom    = 32 // bytes: 256 bits, so a fast hash will do
	bodyDigits     = 43 // of 62, which hold them
	checksumDigits = 6  // of 62, which hold a CRC32
	bodyStart      = len(tokenPrefix) + 2
	tokenLength    = bodyStart + bodyDigits + checksumDigits
)

func letterOf(kind TokenKind) byte {
	switch kind {
	case GroupToken:
		return 'g'
	case ProjectToken:
		return 'r'
	case ServiceToken:
		return 's'
	case Personal:
	}
	return 'p'
}

// NewSecret returns a random access token of a kind.
func NewSecret(kind TokenKind) string {
	raw := make([]byte, tokenRandom)
	_, _ = rand.Read(raw) // never fails: crypto/rand ends the process instead
	text := tokenPrefix + string(letterOf(kind)) + "_" + base62(new(big.Int).SetBytes(raw), bodyDigits)
	return text + checksum(text)
}

// ParseSecret reports whether a text has the form of an access token, and what
// kind it would be. The error is unauthenticated. It needs no database, so that
// whoever sends nonsense costs next to nothing.
func ParseSecret(text string) (TokenKind, error) {
	if len(text) != tokenLength || !strings.HasPrefix(text, tokenPrefix) || text[bodyStart-1] != '_' {
		return "", apperr.Of(apperr.Unauthenticated)
	}
	end := tokenLength - checksumDigits
	if checksum(text[:end]) != text[end:] {
		return "", apperr.Of(apperr.Unauthenticated)
	}
	for _, kind := range []TokenKind{Personal, GroupToken, ProjectToken, ServiceToken} {
		if letterOf(kind) == text[len(tokenPrefix)] && isBase62(text[bodyStart:]) {
			return kind, nil
		}
	}
	return "", apperr.Of(apperr.Unauthenticated)
}

// checksum is the CRC32 of a token without it. It finds typing errors and false
// hits, not forgery.
func checksum(text string) string {
	return base62(new(big.Int).SetUint64(uint64(crc32.ChecksumIEEE([]byte(text)))), checksumDigits)
}

// base62 writes a number with the digits 0-9a-zA-Z, zeros in front.
func base62(n *big.Int, digits int) string { return fmt.Sprintf("%0*s", digits, n.Text(62)) }

func isBase62(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	}) < 0
}

// hashOf is what is kept of a token, and what it is found by. To compare hashes
// through an index gives nothing away: who can choose a hash's first bytes
// cannot choose a token's.
func hashOf(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}
