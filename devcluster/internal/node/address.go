package node

import (
	"errors"
	"fmt"
	"net/netip"
	"sync"
)

// network is the addresses of one node: its own, and a range of 65,534 for its
// pods, 10.<128+n>.0.0/16. Nobody routes them. They are apart from the range
// of Services.
type network struct{ number int }

func networkOf(number int) network { return network{number: number} }

// host is the node's own address.
func (n network) host() string { return fmt.Sprintf("172.31.0.%d", n.number) }

func (n network) cidr() string { return n.prefix().String() }

func (n network) prefix() netip.Prefix {
	return netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(128 + n.number), 0, 0}), 16)
}

// errNoAddress is that all addresses of a node are taken.
var errNoAddress = errors.New("the node has no address left for a pod")

// pool hands out the addresses of a range, each to one holder at a time. A
// freed address comes up again only after all others.
type pool struct {
	prefix netip.Prefix

	mu    sync.Mutex
	last  netip.Addr
	taken map[netip.Addr]struct{}
}

func newPool(prefix netip.Prefix) *pool {
	return &pool{prefix: prefix, last: prefix.Addr(), taken: map[netip.Addr]struct{}{}}
}

func (p *pool) take() (netip.Addr, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	size := 1<<(32-p.prefix.Bits()) - 2 // less the first and the last
	if len(p.taken) >= size {
		return netip.Addr{}, errNoAddress
	}
	for {
		p.last = p.last.Next()
		if !p.prefix.Contains(p.last.Next()) {
			p.last = p.prefix.Addr().Next()
		}
		if _, taken := p.taken[p.last]; !taken {
			p.taken[p.last] = struct{}{}
			return p.last, nil
		}
	}
}

func (p *pool) free(address netip.Addr) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.taken, address)
}
