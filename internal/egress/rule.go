package egress

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// Setting is the name of the operator's setting that opens addresses refused by default.
const Setting = "ROADSTEAD_EGRESS_ALLOW"

// Rule opens a network on a port for us. It never opens what is refused always.
type Rule struct {
	Prefix netip.Prefix
	Port   uint16 // 0 means any port
}

// ParseRules reads the operator's list, such as "10.0.0.0/8:443, [fd00::/8]:6443, 192.168.7.1/32:*".
// Blank entries are skipped; an entry that is not exact is an error, since it would open more than it says.
func ParseRules(list string) ([]Rule, error) {
	var rules []Rule
	for entry := range strings.SplitSeq(list, ",") {
		entry = strings.TrimSpace(entry)
		if entry == "" {
			continue
		}
		r, err := parseRule(entry)
		if err != nil {
			return nil, fmt.Errorf("reading the rule %q of %s: %w", entry, Setting, err)
		}
		rules = append(rules, r)
	}
	return rules, nil
}

func parseRule(entry string) (Rule, error) {
	cut := strings.LastIndexByte(entry, ':')
	slash := strings.LastIndexByte(entry, '/')
	if slash < 0 || cut < slash {
		return Rule{}, fmt.Errorf("it must read network/bits:port, such as 10.1.2.3/32:6443")
	}
	network := entry[:cut]
	if strings.HasPrefix(network, "[") && strings.HasSuffix(network, "]") {
		network = network[1 : len(network)-1]
	}
	prefix, err := netip.ParsePrefix(network)
	if err != nil {
		return Rule{}, fmt.Errorf("reading its network: %w", err)
	}
	if prefix.Masked() != prefix {
		return Rule{}, fmt.Errorf("the network is written %s", prefix.Masked())
	}
	port, err := parseRulePort(entry[cut+1:])
	if err != nil {
		return Rule{}, err
	}
	return Rule{Prefix: prefix, Port: port}, nil
}

func parseRulePort(s string) (uint16, error) {
	if s == "*" {
		return 0, nil
	}
	port, err := strconv.ParseUint(s, 10, 16)
	if err != nil || port == 0 {
		return 0, fmt.Errorf("the port is a number from 1 to 65535, or *")
	}
	return uint16(port), nil
}

// String is the form that ParseRules reads.
func (r Rule) String() string {
	network, port := r.Prefix.String(), "*"
	if r.Port != 0 {
		port = strconv.Itoa(int(r.Port))
	}
	if r.Prefix.Addr().Is6() {
		network = "[" + network + "]"
	}
	return network + ":" + port
}

func (r Rule) matches(addr netip.Addr, port uint16) bool {
	return (r.Port == 0 || r.Port == port) && r.Prefix.Contains(addr)
}
