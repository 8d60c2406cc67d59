package audit

import (
	"bytes"
	"crypto/hmac"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// Checkpoint is a signed state of the chain. Kept where the server cannot change it, it shows when somebody who has the
// keys writes the chain anew, or when rows were cut off its end.
type Checkpoint struct {
	Head

	At time.Time
	// Pruned says that what comes before was deleted because its time was over, and that verification begins here.
	Pruned bool
	Key    uint32
	MAC    []byte
}

// newCheckpoint signs a state of the chain.
func newCheckpoint(signer Signer, head Head, at time.Time, pruned bool) (Checkpoint, error) {
	c := Checkpoint{Head: head, At: at, Pruned: pruned, Key: signer.Newest()}
	var err error
	if c.MAC, err = signer.Sign(c.Key, c.message()); err != nil {
		return Checkpoint{}, fmt.Errorf("sign a checkpoint at %d: %w", head.N, err)
	}
	return c, nil
}

// genuine reports whether a holder of the keys made the checkpoint.
func (c Checkpoint) genuine(signer Signer) (bool, error) {
	want, err := signer.Sign(c.Key, c.message())
	if err != nil {
		return false, fmt.Errorf("check the checkpoint at %d: %w", c.N, err)
	}
	return hmac.Equal(want, c.MAC), nil
}

func (c Checkpoint) message() []byte {
	m := message([]byte(checkpointPurpose))
	m.number(c.N)
	m.bytes(c.Hash)
	m.number(c.At.UnixMicro())
	pruned := int64(0)
	if c.Pruned {
		pruned = 1
	}
	m.number(pruned)
	return m
}

// line is a checkpoint in the log of checkpoints.
type line struct {
	N      int64     `json:"n"`
	Hash   string    `json:"hash"`
	At     time.Time `json:"at"`
	Pruned bool      `json:"pruned,omitempty"`
	Key    string    `json:"key"`
	MAC    string    `json:"mac"`
}

// Line is the checkpoint as a line of JSON.
func (c Checkpoint) Line() []byte {
	text, err := json.Marshal(line{
		N: c.N, Hash: hex.EncodeToString(c.Hash), At: c.At.UTC(), Pruned: c.Pruned,
		Key: fmt.Sprintf("%08x", c.Key), MAC: hex.EncodeToString(c.MAC),
	})
	if err != nil {
		panic("a line of texts and numbers: " + err.Error()) // json refuses a year past 9999 only
	}
	return append(text, '\n')
}

// ParseCheckpoints reads lines of checkpoints. A last one without its end, as of a process that died, is left out.
func ParseCheckpoints(text []byte) ([]Checkpoint, error) {
	var all []Checkpoint
	for i := 1; ; i++ {
		row, rest, whole := bytes.Cut(text, []byte("\n"))
		if !whole {
			return all, nil
		}
		if text = rest; len(bytes.TrimSpace(row)) == 0 {
			continue
		}
		c, err := parseCheckpoint(row)
		if err != nil {
			return nil, fmt.Errorf("read line %d of the checkpoints: %w", i, err)
		}
		all = append(all, c)
	}
}

func parseCheckpoint(row []byte) (Checkpoint, error) {
	var l line
	if err := json.Unmarshal(row, &l); err != nil {
		return Checkpoint{}, fmt.Errorf("it is no JSON of ours: %w", err)
	}
	c := Checkpoint{Head: Head{N: l.N}, At: l.At, Pruned: l.Pruned}
	key, err := strconv.ParseUint(l.Key, 16, 32)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("it names no key: %w", err)
	}
	c.Key = uint32(key)
	if c.Hash, err = hex.DecodeString(l.Hash); err != nil {
		return Checkpoint{}, fmt.Errorf("its hash is none: %w", err)
	}
	if c.MAC, err = hex.DecodeString(l.MAC); err != nil {
		return Checkpoint{}, fmt.Errorf("its signature is none: %w", err)
	}
	return c, nil
}
