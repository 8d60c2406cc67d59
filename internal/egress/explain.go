package egress

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// Explanation is how the guard comes to its decision on a URL, in words for administrators. Nobody else may see
// it: it tells a refused address from one that does not exist.
type Explanation struct {
	URL       string    `json:"url"` // in its canonical form; empty when the text is refused
	Allowed   bool      `json:"allowed"`
	Steps     []Step    `json:"steps"`     // in order; only the last one can have failed
	Addresses []Verdict `json:"addresses"` // all that the host leads to
	Setting   string    `json:"setting"`   // the exact setting that would open the URL; empty when allowed or when none does
}

// Step is one thing that the guard looked at.
type Step struct {
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail"`
}

// Verdict is the judgement on one address.
type Verdict struct {
	Address string `json:"address"` // with its port
	Result  string `json:"result"`  // allowed, opened, refused or "refused always"
	Class   string `json:"class"`   // as in Decision; empty when allowed
	Why     string `json:"why"`
}

// target is what the text of a URL says.
type target struct {
	addr netip.Addr // valid when the host is an address
	name string
	port uint16
}

// Explain goes through what CheckURL and DialContext do with a URL and says what each part leads to. It resolves
// names and connects to nothing. The error is the end of ctx.
func (g *Guard) Explain(ctx context.Context, raw string, schemes ...string) (Explanation, error) {
	e := Explanation{Steps: []Step{}, Addresses: []Verdict{}}
	to, ok := e.read(raw, schemes)
	if !ok {
		return e, nil
	}
	private := to.name != "" && privateName(to.name)
	found := []netip.Addr{to.addr}
	if to.name != "" {
		var err error
		found, err = g.resolve(ctx, to.name, private)
		if refused, ok := errors.AsType[*RefusedError](err); ok {
			e.check("addresses", "", &URLError{Reason: unresolved(refused.Err)})
			return e, nil
		}
		if err != nil {
			return e, err
		}
		e.check("addresses", fmt.Sprintf("%d found; one that is refused refuses all", len(found)), nil)
	}
	e.judge(g, found, to.port, private)
	return e, nil
}

// read takes the text apart, in the order of CheckURL.
func (e *Explanation) read(raw string, schemes []string) (to target, ok bool) {
	if !e.check("spelling", "nothing that two programs could read differently", checkCharacters(raw)) {
		return to, false
	}
	scheme, rest, err := splitScheme(raw, schemes)
	if !e.check("scheme", scheme, err) {
		return to, false
	}
	authority, path, _ := strings.Cut(rest, "/")
	if !e.check("path", "/"+path, checkPath(path)) {
		return to, false
	}
	host, port, err := splitPort(scheme, authority)
	if !e.check("port", strconv.Itoa(int(port)), err) {
		return to, false
	}
	to.port = port
	to.addr, to.name, err = parseHost(host)
	if !e.check("host", kindOfHost(to), err) {
		return to, false
	}
	e.URL = canonical(scheme, authority, path).String()
	return to, true
}

// check notes a step and reports whether it went well.
func (e *Explanation) check(name, detail string, err error) bool {
	if bad, ok := errors.AsType[*URLError](err); ok {
		detail = bad.Reason
	}
	e.Steps = append(e.Steps, Step{Name: name, OK: err == nil, Detail: detail})
	return err == nil
}

// judge decides on every address, and on the URL by all of them.
func (e *Explanation) judge(g *Guard, found []netip.Addr, port uint16, private bool) {
	e.Allowed = true
	var settings []string
	openable := true
	for _, addr := range found {
		d := g.decideNamed(addr, port, private)
		e.Addresses = append(e.Addresses, Verdict{
			Address: hostPort(addr.Unmap(), port), Result: d.word(), Class: d.Class, Why: meaning(d),
		})
		e.Allowed = e.Allowed && d.Allowed
		openable = openable && !d.Always
		if rule, ok := strings.CutPrefix(d.Setting, Setting+"="); ok && !slices.Contains(settings, rule) {
			settings = append(settings, rule)
		}
	}
	if !e.Allowed && openable {
		e.Setting = Setting + "=" + strings.Join(settings, ",")
	}
}

func kindOfHost(to target) string {
	switch {
	case to.name == "" && to.addr.Is4():
		return "an IPv4 address"
	case to.name == "":
		return "an IPv6 address"
	case privateName(to.name):
		return "a name of private networks: the operator must have opened every address of it"
	}
	return "a public name, which is looked up once"
}

// unresolved says why a name led nowhere, without the resolver's text.
func unresolved(err error) string {
	dns, ok := errors.AsType[*net.DNSError](err)
	switch {
	case ok && dns.IsNotFound:
		return "the name does not exist"
	case ok && dns.IsTimeout, errors.Is(err, context.DeadlineExceeded):
		return "the name servers did not answer in time"
	case err == nil:
		return "the name has no address"
	}
	return "the name servers did not give an answer"
}

func (d Decision) word() string {
	switch {
	case d.ByRule:
		return "opened"
	case d.Allowed:
		return "allowed"
	case d.Always:
		return "refused always"
	}
	return "refused"
}

// meaning is the class of a decision in words.
func meaning(d Decision) string {
	switch d.Class {
	case "":
		if d.ByRule {
			return "the operator opened it"
		}
		return "a public address on a port of web APIs"
	case "metadata":
		return "the metadata service of a cloud, which hands out credentials"
	case "link-local":
		return "link-local, where metadata services live; it never leaves a network segment"
	case "unspecified":
		return "unspecified: it means this machine"
	case "multicast", "broadcast":
		return d.Class + ": it means many machines"
	case "loopback":
		return "this machine itself"
	case "private":
		return "an address of private networks"
	case "shared":
		return "an address that carriers and clusters share inside their networks"
	case "reserved", "documentation", "benchmark", "not global":
		return "not an address of the public internet: " + d.Class
	case "relay", "translated":
		return "an address that a gateway turns into another one"
	case "site-local":
		return "an address of private networks, in a form of the past"
	case "own network":
		return "an address of this machine, of its database or of the operator's own networks"
	case ClassOwn:
		return "where this program or its database listens, which no setting opens"
	case "port":
		return "a public address, but not a port of web APIs"
	case ClassName:
		return "a public address behind a name of private networks, which the operator must open"
	}
	return "not an address to connect to: " + d.Class
}
