package egress

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"strconv"
)

// Resolver turns a name into its addresses. *net.Resolver is one.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// Dialer connects to an address that the guard has judged; it must not resolve anything.
type Dialer interface {
	DialContext(ctx context.Context, network, address string) (net.Conn, error)
}

// Config is what an operator decides. The zero value allows public addresses on web ports only.
type Config struct {
	Allow  []Rule         // what is open beyond the default; see ParseRules
	Refuse []netip.Prefix // refused by default beyond the list: our own addresses, the pod and service networks
	Own    []Rule         // where this program and its database listen: refused always, whatever Allow says

	Proxy *Proxy // nil: connections are made directly

	Resolver Resolver // nil: the system's
	Dialer   Dialer   // nil: the system's, with the address judged again right before connect
}

// Guard decides which addresses may be reached. It is safe for concurrent use.
type Guard struct {
	allow    []Rule
	own      []Rule
	always   []span
	refused  []span
	global   netip.Prefix
	resolver Resolver
	dialer   Dialer
}

// NewGuard makes a guard; it keeps no connection and needs no closing.
func NewGuard(c Config) *Guard {
	g := &Guard{
		allow:    slices.Clone(c.Allow),
		own:      slices.Clone(c.Own),
		always:   alwaysRefused(),
		refused:  defaultRefused(),
		global:   globalUnicast(),
		resolver: c.Resolver,
	}
	for _, p := range c.Refuse {
		g.refused = append(g.refused, span{prefix: plain(p), class: "own network"})
	}
	if g.resolver == nil {
		g.resolver = net.DefaultResolver
	}
	g.dialer = g.dialerFor(c)
	return g
}

// dialerFor is what connects in the end. Only the way to the operator's proxy is not judged on its socket: what is
// asked of the proxy is.
func (g *Guard) dialerFor(c Config) Dialer {
	switch {
	case c.Proxy != nil && c.Dialer != nil:
		return tunnel{proxy: c.Proxy, judge: g.judge, next: c.Dialer}
	case c.Proxy != nil:
		return tunnel{proxy: c.Proxy, judge: g.judge, next: &net.Dialer{KeepAlive: keepAlive}}
	case c.Dialer != nil:
		return c.Dialer
	}
	return &net.Dialer{KeepAlive: keepAlive, ControlContext: g.control}
}

// plain is the network as addresses are compared with it: an IPv4 network in its IPv6-mapped form is that network.
func plain(p netip.Prefix) netip.Prefix {
	const mapped = 96 // bits in front of the IPv4 address
	if p.Addr().Is4In6() && p.Bits() >= mapped {
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-mapped)
	}
	return p.Masked()
}

// Decision is the judgement on one address and port.
type Decision struct {
	Allowed bool
	Always  bool   // refused whatever the operator sets
	ByRule  bool   // allowed because the operator opened it
	Class   string // why it is refused: "private", "metadata", "port" …; empty when allowed
	Setting string // the exact setting that would open it; empty when allowed or refused always
}

// Decide judges an address and port. An IPv4 address in its IPv6-mapped form is the IPv4 address: it is what
// the system would dial.
func (g *Guard) Decide(addr netip.Addr, port uint16) Decision {
	if !addr.IsValid() || addr.Zone() != "" {
		return Decision{Always: true, Class: "invalid"}
	}
	addr = addr.Unmap()
	if class, ok := g.refusedAlways(addr); ok {
		return Decision{Always: true, Class: class}
	}
	if anyMatches(g.own, addr, port) {
		return Decision{Always: true, Class: ClassOwn}
	}
	if anyMatches(g.allow, addr, port) {
		return Decision{Allowed: true, ByRule: true}
	}
	if class := g.refusedByDefault(addr); class != "" {
		return Decision{Class: class, Setting: settingFor(addr, port)}
	}
	if portRefused(port) {
		return Decision{Class: "port", Setting: settingFor(addr, port)}
	}
	return Decision{Allowed: true}
}

func (g *Guard) refusedAlways(addr netip.Addr) (class string, ok bool) {
	if class = match(g.always, addr); class != "" {
		return class, true
	}
	for _, inner := range wrapped(addr) {
		if class = match(g.always, inner); class != "" {
			return class, true
		}
	}
	return "", false
}

func (g *Guard) refusedByDefault(addr netip.Addr) string {
	if class := match(g.refused, addr); class != "" {
		return class
	}
	if addr.Is6() && !g.global.Contains(addr) {
		return "not global"
	}
	return ""
}

// opensPort reports whether the operator opened anything on this port, as a first check of names that only
// exist in private networks.
func (g *Guard) opensPort(port uint16) bool {
	return slices.ContainsFunc(g.allow, func(r Rule) bool { return r.Port == 0 || r.Port == port })
}

// anyMatches reports whether one of the rules names the address and port.
func anyMatches(rules []Rule, addr netip.Addr, port uint16) bool {
	return slices.ContainsFunc(rules, func(r Rule) bool { return r.matches(addr, port) })
}

func match(list []span, addr netip.Addr) string {
	for _, s := range list {
		if s.prefix.Contains(addr) {
			return s.class
		}
	}
	return ""
}

// settingFor is the narrowest setting that opens an address and port.
func settingFor(addr netip.Addr, port uint16) string {
	r := Rule{Prefix: netip.PrefixFrom(addr, addr.BitLen()), Port: port}
	return Setting + "=" + r.String()
}

// hostPort is the form that dialers take.
func hostPort(addr netip.Addr, port uint16) string {
	return net.JoinHostPort(addr.String(), strconv.Itoa(int(port)))
}
