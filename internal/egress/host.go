package egress

import (
	"net/netip"
	"strings"
)

// maxName is the longest name that DNS allows, in bytes.
const maxName = 253

// parseHost reads the host of a URL by an allow list: a strict IPv4 address, an IPv6 address in brackets, or
// a DNS name in ASCII. Everything that some other reader might take for a number is refused, as are zones,
// mapped addresses, a dot at the end and underscores.
func parseHost(host string) (addr netip.Addr, name string, err error) {
	if inner, ok := strings.CutPrefix(host, "["); ok {
		addr, err = parseIPv6(inner)
		return addr, "", err
	}
	if addr, err = netip.ParseAddr(host); err == nil && addr.Is4() {
		return addr, "", nil
	}
	if err = checkName(host); err != nil {
		return netip.Addr{}, "", err
	}
	return netip.Addr{}, host, nil
}

func parseIPv6(inner string) (netip.Addr, error) {
	inner, ok := strings.CutSuffix(inner, "]")
	if !ok {
		return netip.Addr{}, &URLError{Reason: "the host lacks a closing bracket"}
	}
	addr, err := netip.ParseAddr(inner)
	if err != nil || !addr.Is6() || addr.Zone() != "" || addr.Is4In6() {
		return netip.Addr{}, &URLError{Reason: "the host in brackets is not a plain IPv6 address"}
	}
	return addr, nil
}

func checkName(name string) error {
	if name == "" || len(name) > maxName {
		return &URLError{Reason: "the host is empty or too long"}
	}
	labels := strings.Split(name, ".")
	for _, l := range labels {
		if !validLabel(l) {
			return &URLError{Reason: "the host is not a DNS name in ASCII letters, digits and hyphens"}
		}
	}
	if looksNumeric(labels[len(labels)-1]) {
		return &URLError{Reason: "the host ends in a number but is not an IP address in its usual form"}
	}
	return nil
}

func validLabel(l string) bool {
	if l == "" || len(l) > 63 || l[0] == '-' || l[len(l)-1] == '-' {
		return false
	}
	for i := range len(l) {
		if c := l[i]; c != '-' && (c < '0' || c > '9') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return true
}

// looksNumeric reports whether a last label makes some readers take the host for an IPv4 address, as the URL
// standard of browsers defines it: only digits, or 0x and hexadecimal digits.
func looksNumeric(label string) bool {
	if hex, ok := strings.CutPrefix(label, "0x"); ok {
		return strings.Trim(hex, "0123456789abcdef") == ""
	}
	return strings.Trim(label, "0123456789") == ""
}

// privateName reports whether a name only means something inside a network: single labels, names of the local
// machine, reserved and private top-level domains. Such a name must lead to addresses that the operator opened.
func privateName(name string) bool {
	if !strings.Contains(name, ".") {
		return true
	}
	switch name[strings.LastIndexByte(name, '.')+1:] {
	case "localhost", "localdomain", "local", "internal", "intranet", "private", "corp", "home", "lan", "svc",
		"arpa", "consul", "onion", "test", "example", "invalid", "alt":
		return true
	}
	return false
}
