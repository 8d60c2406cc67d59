package node

import (
	"errors"
	"net/netip"
	"testing"
)

func TestAddressesAreUnique(t *testing.T) {
	t.Parallel()
	p := newPool(netip.MustParsePrefix("10.0.0.0/29"))
	taken := map[netip.Addr]bool{}
	for range 6 {
		address, err := p.take()
		if err != nil || taken[address] || !p.prefix.Contains(address) {
			t.Fatalf("took %s, %v; taken before: %v", address, err, taken)
		}
		taken[address] = true
	}
	if _, err := p.take(); !errors.Is(err, errNoAddress) {
		t.Errorf("took a seventh of six addresses: %v", err)
	}
	freed := netip.MustParseAddr("10.0.0.3")
	p.free(freed)
	if address, err := p.take(); err != nil || address != freed {
		t.Errorf("took %s, %v; want the freed %s", address, err, freed)
	}
}
