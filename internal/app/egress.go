package app

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/roadstead/roadstead/internal/config"
	"github.com/roadstead/roadstead/internal/egress"
)

// newGuard builds the one door out from the settings. Where this process and its
// database listen is closed for good; the other addresses of this machine and of
// the database's are refused as the operator's networks are, which rules open.
// Addresses are those of the start.
func newGuard(ctx context.Context, cfg config.Config) (*egress.Guard, error) {
	rules, err := egressRules(cfg)
	if err != nil {
		return nil, err
	}
	proxy, err := egress.ParseProxy(cfg.EgressProxy.Reveal())
	if err != nil {
		return nil, fmt.Errorf("read the egress settings: %w", err)
	}
	local, err := localNetworks()
	if err != nil {
		return nil, err
	}
	listen, err := listenRules(ctx, cfg.Listen, local)
	if err != nil {
		return nil, err
	}
	database, err := databaseRules(ctx, cfg.DatabaseURL.Reveal())
	if err != nil {
		return nil, err
	}
	refuse := slices.Concat(local, cfg.EgressRefuse)
	for _, r := range database {
		refuse = append(refuse, r.Prefix)
	}
	return egress.NewGuard(egress.Config{
		Allow: rules, Refuse: refuse, Own: append(listen, database...), Proxy: proxy,
	}), nil
}

func egressRules(cfg config.Config) (rules []egress.Rule, err error) {
	for _, text := range cfg.EgressAllow {
		more, err := egress.ParseRules(text)
		if err != nil {
			return nil, fmt.Errorf("read the egress rules: %w", err)
		}
		rules = append(rules, more...)
	}
	return rules, nil
}

// localNetworks are the addresses of this machine, one network each, and the
// loopback, all of which is this machine.
func localNetworks() ([]netip.Prefix, error) {
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return nil, fmt.Errorf("list the addresses of this machine: %w", err)
	}
	local := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	for _, a := range addrs {
		p, err := netip.ParsePrefix(a.String())
		if err == nil && !p.Addr().IsLoopback() {
			local = append(local, single(p.Addr()))
		}
	}
	return local, nil
}

// listenRules is where the server listens: everywhere on this machine if no
// host is given. A port that the system chooses is not known yet.
func listenRules(ctx context.Context, listen string, local []netip.Prefix) ([]egress.Rule, error) {
	host, digits, err := net.SplitHostPort(listen)
	if err != nil {
		return nil, fmt.Errorf("read the address to listen on: %w", err)
	}
	port, err := strconv.ParseUint(digits, 10, 16)
	if err != nil {
		return nil, fmt.Errorf("read the port to listen on: %w", err)
	}
	if port == 0 {
		return nil, nil
	}
	where := local
	if addr, err := netip.ParseAddr(host); host != "" && (err != nil || !addr.IsUnspecified()) {
		if where, err = resolve(ctx, host); err != nil {
			return nil, fmt.Errorf("resolve the address to listen on: %w", err)
		}
	}
	return rulesFor(where, uint16(port)), nil
}

// databaseRules is where the database of the URL listens, if that is not a
// socket in the file system. Its hosts and port may stand in two places.
func databaseRules(ctx context.Context, text string) (rules []egress.Rule, err error) {
	u, err := url.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("read the database URL: it is not one") //nolint:perfsprint // the cause holds a password
	}
	hosts, digits := u.Hostname(), u.Port()
	if other := u.Query().Get("host"); other != "" {
		hosts = other
	}
	if other := u.Query().Get("port"); other != "" {
		digits = other
	}
	port, err := strconv.ParseUint(digits, 10, 16)
	if err != nil {
		port = 5432 // PostgreSQL's
	}
	for host := range strings.SplitSeq(hosts, ",") {
		if host == "" || host[0] == '/' || host[0] == '@' {
			continue
		}
		where, err := resolve(ctx, host)
		if err != nil {
			return nil, fmt.Errorf("resolve the database's host: %w", err)
		}
		rules = append(rules, rulesFor(where, uint16(port))...)
	}
	return rules, nil
}

func resolve(ctx context.Context, host string) ([]netip.Prefix, error) {
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil, err //nolint:wrapcheck // the callers say what for
	}
	found := make([]netip.Prefix, len(addrs))
	for i, addr := range addrs {
		found[i] = single(addr)
	}
	return found, nil
}

func rulesFor(networks []netip.Prefix, port uint16) []egress.Rule {
	rules := make([]egress.Rule, len(networks))
	for i, p := range networks {
		rules[i] = egress.Rule{Prefix: p, Port: port}
	}
	return rules
}

func single(addr netip.Addr) netip.Prefix {
	addr = addr.Unmap().WithZone("")
	return netip.PrefixFrom(addr, addr.BitLen())
}
