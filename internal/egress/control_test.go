package egress

import (
	"errors"
	"net"
	"net/netip"
	"testing"
)

// TestSocketIsJudgedAgain dials past the first check, as a mistake in it would, with the system's dialer.
func TestSocketIsJudgedAgain(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	target := l.Addr().(*net.TCPAddr).AddrPort()

	closed := NewGuard(Config{})
	conn, err := closed.dialAny(t.Context(), []netip.Addr{target.Addr()}, target.Port())
	refused, ok := errors.AsType[*RefusedError](err)
	if conn != nil || !ok || refused.Class != "loopback" {
		t.Errorf("conn = %v, err = %v, want the socket refused", conn, err)
	}

	opened := NewGuard(Config{Allow: []Rule{{Prefix: netip.MustParsePrefix("127.0.0.0/8")}}})
	conn, err = opened.DialContext(t.Context(), "tcp", target.String())
	if err != nil {
		t.Fatalf("with loopback opened: %v", err)
	}
	conn.Close()
}
