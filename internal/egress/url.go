package egress

import (
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// maxURL is the longest URL that is accepted, in bytes.
const maxURL = 2048

// URLError says in words of ours why a text is not a URL that we accept. It never repeats the text.
type URLError struct{ Reason string }

// Error returns the reason.
func (e *URLError) Error() string { return "the address is not acceptable: " + e.Reason }

// CheckURL reads a URL that a person entered, in one of the schemes (https when none is given), and returns it
// in its canonical form, with lower-case host and without a slash at the end. It refuses user names, queries,
// fragments and every spelling that two programs could read differently (URLError), and addresses that may not
// be dialled (RefusedError). A name is judged again by its addresses whenever it is dialled.
func (g *Guard) CheckURL(raw string, schemes ...string) (*url.URL, error) {
	if err := checkCharacters(raw); err != nil {
		return nil, err
	}
	scheme, rest, err := splitScheme(raw, schemes)
	if err != nil {
		return nil, err
	}
	authority, path, _ := strings.Cut(rest, "/")
	if err := checkPath(path); err != nil {
		return nil, err
	}
	if err := g.checkAuthority(scheme, authority); err != nil {
		return nil, err
	}
	return canonical(scheme, authority, path), nil
}

// canonical puts checked parts together.
func canonical(scheme, authority, path string) *url.URL {
	u := &url.URL{Scheme: scheme, Host: authority}
	if path = strings.TrimRight(path, "/"); path != "" {
		u.Path = "/" + path
	}
	return u
}

// CheckHop judges a URL that a server gave, such as the target of a redirect that the caller means to follow.
// Unlike CheckURL it accepts any path and query, which are only sent to that server; the host is judged alike.
func (g *Guard) CheckHop(u *url.URL, schemes ...string) error {
	if u.User != nil || u.Opaque != "" {
		return &URLError{Reason: "it holds a user name or no host"}
	}
	if !slices.Contains(defaultSchemes(schemes), u.Scheme) {
		return &URLError{Reason: "its scheme is not supported"}
	}
	// net/url escapes a path where it is written, but sends a query as it came.
	if strings.ContainsFunc(u.RawQuery, func(c rune) bool { return c <= ' ' || c > '~' }) {
		return &URLError{Reason: "its query holds a character that must be escaped"}
	}
	return g.checkAuthority(u.Scheme, strings.ToLower(u.Host))
}

func defaultSchemes(schemes []string) []string {
	if len(schemes) == 0 {
		return []string{"https"}
	}
	return schemes
}

func checkCharacters(raw string) error {
	if len(raw) > maxURL {
		return &URLError{Reason: "it is too long"}
	}
	for i := range len(raw) {
		if c := raw[i]; c <= ' ' || c > '~' || strings.IndexByte("\\?#@%\"<>^`{|}", c) >= 0 {
			return &URLError{Reason: "it holds a character that an API address has no use for"}
		}
	}
	return nil
}

// splitScheme cuts the scheme off and lowers scheme and authority.
func splitScheme(raw string, schemes []string) (scheme, rest string, err error) {
	scheme, rest, ok := strings.Cut(raw, "://")
	scheme = strings.ToLower(scheme)
	if !ok || !slices.Contains(defaultSchemes(schemes), scheme) {
		return "", "", &URLError{Reason: "it must start with " + strings.Join(defaultSchemes(schemes), ":// or ") + "://"}
	}
	authority, path, slash := strings.Cut(rest, "/")
	rest = strings.ToLower(authority)
	if slash {
		rest += "/" + path
	}
	return scheme, rest, nil
}

// checkPath accepts a base path such as the ones of cluster proxies; dots and empty parts would move it, and some
// characters would be written in another way than they were entered.
func checkPath(path string) error {
	parts := strings.Split(strings.TrimSuffix(path, "/"), "/")
	if len(parts) == 1 && parts[0] == "" {
		return nil
	}
	for _, part := range parts {
		if part == "" || part == "." || part == ".." || strings.ContainsAny(part, ";!'()*[]") {
			return &URLError{Reason: "its path holds an empty part, dots, or a character that a base path has no use for"}
		}
	}
	return nil
}

func (g *Guard) checkAuthority(scheme, authority string) error {
	host, port, err := splitPort(scheme, authority)
	if err != nil {
		return err
	}
	addr, name, err := parseHost(host)
	if err != nil {
		return err
	}
	if name == "" {
		if d := g.Decide(addr, port); !d.Allowed {
			return refusal(addr.String(), addr, port, d)
		}
		return nil
	}
	if privateName(name) && !g.opensPort(port) {
		return &RefusedError{Host: name, Port: port, Class: ClassName}
	}
	return g.checkNamedPort(name, port)
}

// checkNamedPort refuses a port that no public address may be dialled on, unless a rule opens it somewhere.
func (g *Guard) checkNamedPort(name string, port uint16) error {
	if portRefused(port) && !g.opensPort(port) {
		return &RefusedError{Host: name, Port: port, Class: "port"}
	}
	return nil
}

// splitPort cuts an explicit port off; without one it is the scheme's.
func splitPort(scheme, authority string) (host string, port uint16, err error) {
	host, digits := authority, ""
	if i := strings.LastIndexByte(authority, ':'); i > strings.LastIndexByte(authority, ']') {
		host, digits = authority[:i], authority[i+1:]
		if digits == "" || digits[0] == '0' || strings.Trim(digits, "0123456789") != "" {
			return "", 0, &URLError{Reason: "its port is not a number from 1 to 65535"}
		}
	}
	if digits == "" {
		return host, defaultPort(scheme), nil
	}
	n, err := strconv.ParseUint(digits, 10, 16)
	if err != nil {
		return "", 0, &URLError{Reason: "its port is not a number from 1 to 65535"}
	}
	return host, uint16(n), nil
}

func defaultPort(scheme string) uint16 {
	if scheme == "http" {
		return 80
	}
	return 443
}

// HostPort is the host and port of a URL that CheckURL returned, with the scheme's port when it has none:
// what a stored credential is bound to.
func HostPort(u *url.URL) string {
	if u.Port() != "" {
		return u.Host
	}
	return net.JoinHostPort(u.Hostname(), strconv.Itoa(int(defaultPort(u.Scheme))))
}

// literal returns the address that a dialled host is, if it is one and not a name.
func literal(host string) (netip.Addr, bool) {
	addr, err := netip.ParseAddr(host)
	return addr, err == nil
}
