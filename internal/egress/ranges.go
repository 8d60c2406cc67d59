package egress

import "net/netip"

// span is a refused network with the class that people are told.
type span struct {
	prefix netip.Prefix
	class  string
}

// spans are read once per Guard. The order matters: the first match names the class.
func spans(rows ...string) []span {
	out := make([]span, 0, len(rows)/2)
	for i := 0; i < len(rows); i += 2 {
		out = append(out, span{prefix: netip.MustParsePrefix(rows[i]), class: rows[i+1]})
	}
	return out
}

// alwaysRefused lists what no setting opens. Sources: the metadata addresses of AWS, Azure (WireServer, in a
// public range), Google, Oracle, Alibaba, Scaleway and Akamai, and the IANA special-purpose registries.
func alwaysRefused() []span {
	return spans(
		"168.63.129.16/32", "metadata",
		"100.100.100.200/32", "metadata",
		"192.0.0.192/32", "metadata",
		"fd00:ec2::/32", "metadata",
		"fd20:ce::/32", "metadata",
		"fd00:42::42/128", "metadata",
		"fd00:a9fe:a9fe::/48", "metadata",
		"169.254.0.0/16", "link-local",
		"fe80::/10", "link-local",
		"0.0.0.0/8", "unspecified",
		"::/128", "unspecified",
		"224.0.0.0/4", "multicast",
		"ff00::/8", "multicast",
		"255.255.255.255/32", "broadcast",
	)
}

// defaultRefused lists what the operator can open: the IANA special-purpose registries without what is above.
func defaultRefused() []span {
	return spans(
		"127.0.0.0/8", "loopback",
		"::1/128", "loopback",
		"10.0.0.0/8", "private",
		"172.16.0.0/12", "private",
		"192.168.0.0/16", "private",
		"fc00::/7", "private",
		"100.64.0.0/10", "shared",
		"192.0.0.0/24", "reserved",
		"192.0.2.0/24", "documentation",
		"198.51.100.0/24", "documentation",
		"203.0.113.0/24", "documentation",
		"2001:db8::/32", "documentation",
		"3fff::/20", "documentation",
		"192.88.99.0/24", "relay",
		"198.18.0.0/15", "benchmark",
		"240.0.0.0/4", "reserved",
		"fec0::/10", "site-local",
		"2001::/23", "reserved",
		"2002::/16", "translated",
		"64:ff9b::/96", "translated",
		"64:ff9b:1::/48", "translated",
		"::ffff:0:0:0/96", "translated",
		"::/96", "translated",
	)
}

// globalUnicast is the only part of IPv6 that is handed out to networks; the rest is refused by default.
func globalUnicast() netip.Prefix { return netip.MustParsePrefix("2000::/3") }

// wrapped lists every IPv4 address that an IPv6 address can stand for: NAT64, 6to4, Teredo, SIIT, compatible
// and ISATAP forms. An address that stands for one refused always is refused always as well.
func wrapped(addr netip.Addr) []netip.Addr {
	if !addr.Is6() {
		return nil
	}
	b := addr.As16()
	last := netip.AddrFrom4([4]byte(b[12:16]))
	var out []netip.Addr
	in := func(prefix string) bool { return netip.MustParsePrefix(prefix).Contains(addr) }
	switch {
	case in("64:ff9b::/96"), in("::ffff:0:0:0/96"):
		out = append(out, last)
	case in("::/96"):
		if addr != netip.IPv6Unspecified() && addr != netip.IPv6Loopback() {
			out = append(out, last)
		}
	case in("64:ff9b:1::/48"):
		// RFC 6052: with a /48 prefix the address surrounds byte 8; longer local prefixes put it last.
		out = append(out, unlessPadding(last), unlessPadding(netip.AddrFrom4([4]byte{b[6], b[7], b[9], b[10]})))
	case in("2002::/16"):
		out = append(out, netip.AddrFrom4([4]byte(b[2:6])))
	case in("2001::/32"):
		// Teredo: the server in the clear, the client with its bits flipped.
		client := netip.AddrFrom4([4]byte{^b[12], ^b[13], ^b[14], ^b[15]})
		out = append(out, unlessPadding(netip.AddrFrom4([4]byte(b[4:8]))), unlessPadding(client))
	}
	if b[8]&^0x02 == 0 && b[9] == 0 && b[10] == 0x5e && b[11] == 0xfe {
		out = append(out, last)
	}
	return out
}

// unlessPadding drops 0.0.0.0/8 where the place of the address is a guess: there it is the other form's padding.
func unlessPadding(addr netip.Addr) netip.Addr {
	if addr.As4()[0] == 0 {
		return netip.Addr{}
	}
	return addr
}
