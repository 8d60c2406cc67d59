package egress_test

import (
	"encoding/binary"
	"net"
	"net/netip"
	"sync"
	"testing"
)

// dnsStub is a name server that answers every name alike.
type dnsStub struct {
	conn net.PacketConn

	mu      sync.Mutex
	answers []string
	asked   map[uint16]int // questions by type
}

const (
	typeA    = 1
	typeAAAA = 28
)

// newDNSStub serves on a UDP address until the test ends.
func newDNSStub(t *testing.T, address string) *dnsStub {
	t.Helper()
	conn, err := net.ListenPacket("udp", address)
	if err != nil {
		t.Fatal(err)
	}
	s := &dnsStub{conn: conn}
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.serve()
	}()
	t.Cleanup(func() {
		conn.Close()
		<-done
	})
	return s
}

// set changes the answers, in the words of the corpus.
func (s *dnsStub) set(answers []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answers, s.asked = answers, map[uint16]int{}
}

func (s *dnsStub) serve() {
	buf := make([]byte, 1500)
	for {
		n, from, err := s.conn.ReadFrom(buf)
		if err != nil {
			return
		}
		if out := s.reply(buf[:n]); out != nil {
			_, _ = s.conn.WriteTo(out, from)
		}
	}
}

// reply answers one question; nil is silence.
func (s *dnsStub) reply(query []byte) []byte {
	const header = 12
	end := header
	for end < len(query) && query[end] != 0 {
		end += int(query[end]) + 1
	}
	end += 5 // the name's end, type and class
	if end > len(query) {
		return nil
	}
	kind := binary.BigEndian.Uint16(query[end-4:])
	code, addrs, silent := s.answer(kind)
	if silent {
		return nil
	}
	out := append([]byte(nil), query[:end]...)
	out[2], out[3] = 0x81, 0x80|code
	binary.BigEndian.PutUint16(out[6:], uint16(len(addrs)))
	clear(out[8:header])
	for _, a := range addrs {
		out = append(out, 0xc0, header, 0, byte(kind), 0, 1, 0, 0, 0, 0, 0, byte(len(a)))
		out = append(out, a...)
	}
	return out
}

func (s *dnsStub) answer(kind uint16) (code byte, addrs [][]byte, silent bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked[kind]++
	for _, word := range nth(s.answers, s.asked[kind]) {
		switch word {
		case "nxdomain":
			return 3, nil, false
		case "servfail":
			return 2, nil, false
		case "timeout":
			return 0, nil, true
		}
		addr := netip.MustParseAddr(word)
		if addr.Is4() == (kind == typeA) && (kind == typeA || kind == typeAAAA) {
			addrs = append(addrs, addr.AsSlice())
		}
	}
	return 0, addrs, false
}
