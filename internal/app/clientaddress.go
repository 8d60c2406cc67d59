package app

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/roadstead/roadstead/internal/audit"
)

// forwardedFor is the header in which each proxy adds whom it was called by, at the end.
const forwardedFor = "X-Forwarded-For"

// addressed makes each request the act of a caller who is not known yet, at the address that it came from.
func addressed(trusted []netip.Prefix, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		actor := audit.Actor{Kind: audit.Anonymous, Name: string(audit.Anonymous), IP: clientAddress(r, trusted)}
		next.ServeHTTP(w, r.WithContext(audit.WithActor(r.Context(), actor)))
	})
}

// clientAddress returns where a request came from: its peer or, when that is a trusted proxy, the last one in the header
// that is none. What stands before that one is hearsay, as is everything from a peer that nobody trusts.
func clientAddress(r *http.Request, trusted []netip.Prefix) netip.Addr {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	client := plainAddress(peer.Addr())
	told := strings.Split(strings.Join(r.Header.Values(forwardedFor), ","), ",")
	for _, text := range slices.Backward(told) {
		if !within(trusted, client) {
			return client
		}
		before, ok := parseForwarded(strings.TrimSpace(text))
		if !ok {
			return client
		}
		client = before
	}
	return client
}

// parseForwarded reads one element of the header. Some proxies add a port.
func parseForwarded(text string) (netip.Addr, bool) {
	if withPort, err := netip.ParseAddrPort(text); err == nil {
		return plainAddress(withPort.Addr()), true
	}
	addr, err := netip.ParseAddr(text)
	return plainAddress(addr), err == nil
}

// plainAddress is the one form of an address: IPv4 as such, and without a zone.
func plainAddress(addr netip.Addr) netip.Addr { return addr.Unmap().WithZone("") }

func within(networks []netip.Prefix, addr netip.Addr) bool {
	return slices.ContainsFunc(networks, func(network netip.Prefix) bool { return network.Contains(addr) })
}
