package egress

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	resolveTimeout = 5 * time.Second  // for all answers of a name
	connectTimeout = 10 * time.Second // for all dials of one connection
	minDialTime    = 2 * time.Second  // what one of several addresses gets at least
	maxDials       = 8                // addresses of one name that are tried
	keepAlive      = 30 * time.Second
)

// DialContext connects to host:port the guarded way. A name is resolved once; if one of its addresses is
// refused, all are; the addresses that were judged are dialled in turn, at most eight of them.
func (g *Guard) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := splitAddress(network, address)
	if err != nil {
		return nil, err
	}
	addrs, err := g.addresses(ctx, host, port)
	if err != nil {
		return nil, err
	}
	return g.dialAny(ctx, addrs[:min(len(addrs), maxDials)], port)
}

func splitAddress(network, address string) (host string, port uint16, err error) {
	if network != "tcp" {
		return "", 0, fmt.Errorf("dialling over %q: only tcp is supported", network)
	}
	host, digits, err := net.SplitHostPort(address)
	if err != nil {
		return "", 0, fmt.Errorf("reading the address to dial: %w", err)
	}
	n, err := strconv.ParseUint(digits, 10, 16)
	if err != nil {
		return "", 0, fmt.Errorf("reading the port to dial: %w", err)
	}
	return host, uint16(n), nil
}

// addresses resolves a host and judges all it leads to.
func (g *Guard) addresses(ctx context.Context, host string, port uint16) ([]netip.Addr, error) {
	if addr, ok := literal(host); ok {
		if d := g.Decide(addr, port); !d.Allowed {
			return nil, refusal(host, addr, port, d)
		}
		return []netip.Addr{addr.Unmap()}, nil
	}
	name := strings.ToLower(host)
	if err := checkName(name); err != nil {
		return nil, err
	}
	private := privateName(name)
	found, err := g.resolve(ctx, name, private)
	if err != nil {
		return nil, err
	}
	for i, addr := range found {
		if d := g.decideNamed(addr, port, private); !d.Allowed {
			return nil, refusal(host, addr, port, d)
		}
		found[i] = addr.Unmap()
	}
	return found, nil
}

// decideNamed judges an address that a name led to. Behind a name of private networks only what the operator
// opened is allowed.
func (g *Guard) decideNamed(addr netip.Addr, port uint16, private bool) Decision {
	d := g.Decide(addr, port)
	if d.Allowed && private && !d.ByRule {
		return Decision{Class: ClassName, Setting: settingFor(addr.Unmap(), port)}
	}
	return d
}

// resolve asks once, and treats every kind of failure alike. Public names are asked for as absolute ones, so
// that a search domain of this machine has no say in them.
func (g *Guard) resolve(ctx context.Context, name string, private bool) ([]netip.Addr, error) {
	question := name
	if !private {
		question += "."
	}
	limited, cancel := context.WithTimeout(ctx, resolveTimeout)
	defer cancel()
	found, err := g.resolver.LookupNetIP(limited, "ip", question)
	if ctx.Err() != nil {
		return nil, fmt.Errorf("resolving a name: %w", ctx.Err())
	}
	if err != nil || len(found) == 0 {
		return nil, &RefusedError{Host: name, Class: ClassUnresolvable, Err: err}
	}
	return found, nil
}

// dialAny tries the addresses in order, each with its share of the time that is left.
func (g *Guard) dialAny(ctx context.Context, addrs []netip.Addr, port uint16) (net.Conn, error) {
	deadline := time.Now().Add(connectTimeout)
	var errs []error
	for i, addr := range addrs {
		share := max(time.Until(deadline)/time.Duration(len(addrs)-i), minDialTime)
		conn, err := g.dialOne(ctx, hostPort(addr, port), min(share, time.Until(deadline)))
		if err == nil {
			return conn, nil
		}
		errs = append(errs, err)
		if ctx.Err() != nil || time.Until(deadline) <= 0 {
			break
		}
	}
	return nil, fmt.Errorf("connecting: %w", errors.Join(errs...))
}

func (g *Guard) dialOne(ctx context.Context, address string, limit time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	return g.dialer.DialContext(ctx, "tcp", address)
}

// control judges the address once more on the socket that is about to connect: whatever went wrong above,
// nothing refused is reached.
func (g *Guard) control(_ context.Context, network, address string, _ syscall.RawConn) error {
	if network != "tcp4" && network != "tcp6" {
		return fmt.Errorf("connecting over %q: only tcp is supported", network)
	}
	return g.judge(address)
}

// judge refuses a socket address that may not be dialled.
func (g *Guard) judge(address string) error {
	target, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("reading the address to connect to: %w", err)
	}
	if d := g.Decide(target.Addr(), target.Port()); !d.Allowed {
		return refusal(target.Addr().String(), target.Addr(), target.Port(), d)
	}
	return nil
}
