package audit

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
)

// What is signed begins with what it is, so that one signature can never pass for another kind of.
const (
	linkPurpose       = "audit link\x00"
	checkpointPurpose = "audit checkpoint\x00"
)

// Signer signs with keys that only workers hold.
type Signer interface {
	// Newest is the id of the key to sign with.
	Newest() uint32
	// Sign returns the signature of a message under one of the keys.
	Sign(key uint32, message []byte) ([]byte, error)
}

// Link is the place of an event in the chain. Its hash signs the place, the hash of the link before and all of the event:
// whoever lacks the key can add a row at the end, but not change, move or take out one that has been chained.
type Link struct {
	// N counts from 1, without gaps.
	N       int64
	EventID int64
	// Key is the id of the key that it is signed with.
	Key  uint32
	Hash []byte
}

// Head is the last link of a chain, or the nothing before the first one.
type Head struct {
	N    int64
	Hash []byte
}

// start is what the first link follows.
func start() Head { return Head{Hash: make([]byte, sha256.Size)} }

// next returns the link of an event after the head.
func (h Head) next(signer Signer, key uint32, e Event) (Link, error) {
	hash, err := signer.Sign(key, linkMessage(h.N+1, h.Hash, e))
	if err != nil {
		return Link{}, fmt.Errorf("chain event %d: %w", e.ID, err)
	}
	return Link{N: h.N + 1, EventID: e.ID, Key: key, Hash: hash}, nil
}

func linkMessage(n int64, before []byte, e Event) []byte {
	m := message([]byte(linkPurpose))
	m.number(n)
	m.bytes(before)
	m.event(e)
	return m
}

// message is what is signed: each text with its length in front, so that nothing can move from one into the next.
type message []byte

func (m *message) number(n int64) { *m = binary.BigEndian.AppendUint64(*m, uint64(n)) }

func (m *message) bytes(b []byte) {
	m.number(int64(len(b)))
	*m = append(*m, b...)
}

func (m *message) text(s string) { m.bytes([]byte(s)) }

func (m *message) event(e Event) {
	m.number(e.ID)
	m.number(e.At.UnixMicro())
	m.text(string(e.Actor.Kind))
	m.number(e.Actor.UserID)
	m.text(e.Actor.Name)
	m.number(e.Actor.TokenID)
	m.number(e.Actor.SessionID)
	m.text(e.Actor.Address())
	m.text(e.Action)
	m.text(e.Object.Kind)
	m.number(e.Object.ID)
	m.text(e.Object.Name)
	m.number(e.GroupID)
	m.number(e.ProjectID)
	m.text(e.CorrelationID)
	m.number(int64(len(e.Detail)))
	for _, key := range slices.Sorted(maps.Keys(e.Detail)) {
		m.text(key)
		m.text(e.Detail[key])
	}
}
