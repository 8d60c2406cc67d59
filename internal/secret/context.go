package secret

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
)

// Context says where a sealed credential is stored and what it is for. It is not part of the ciphertext: it must
// be given again, the same in every field, to open it.
type Context struct {
	Table  string
	Row    int64
	Column string
	Owner  string // who registered it, such as "group:7"
	Target string // host:port that the credential may be sent to; empty when it is not for a server
	CAHash string // see HashCA
}

// HashCA is the form in which a Context names a CA bundle; empty for none, which means the system's roots.
func HashCA(pem []byte) string {
	if len(pem) == 0 {
		return ""
	}
	sum := sha256.Sum256(pem)
	return hex.EncodeToString(sum[:])
}

// contextVersion separates these contexts from any other use of the keyset.
const contextVersion = "roadstead/credential/v1"

// info is the context as HPKE binds it: every field with its length, so that no two contexts look the same.
func (c Context) info() []byte {
	var out []byte
	for _, field := range []string{contextVersion, c.Table, c.Column, c.Owner, c.Target, c.CAHash} {
		out = binary.BigEndian.AppendUint32(out, uint32(len(field)))
		out = append(out, field...)
	}
	return binary.BigEndian.AppendUint64(out, uint64(c.Row))
}
