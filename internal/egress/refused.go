package egress

import (
	"fmt"
	"net/netip"
)

// Classes of a refusal that do not come from a table of addresses.
const (
	ClassName         = "name"         // a name of private networks, such as localhost or *.internal
	ClassOwn          = "own service"  // where this program or its database listens
	ClassUnresolvable = "unresolvable" // no answer, an empty answer, or none in time
)

// RefusedError says that a connection was refused before it was tried. Its text is for the log and for
// administrators: to anybody else a refused address and one that does not exist must look alike.
type RefusedError struct {
	Host    string     // as it was given
	Addr    netip.Addr // the address that decided; invalid when the name did
	Port    uint16
	Class   string
	Always  bool   // no setting opens it
	Setting string // the exact setting that would open it; may be empty
	Err     error  // why resolving failed, if it did
}

// Error names host, address and class.
func (e *RefusedError) Error() string {
	switch {
	case e.Class == ClassUnresolvable:
		return fmt.Sprintf("connecting to %q is refused: the name cannot be resolved", e.Host)
	case !e.Addr.IsValid():
		return fmt.Sprintf("connecting to %q is refused: %s", e.Host, e.Class)
	}
	return fmt.Sprintf("connecting to %q is refused: %s is %s", e.Host, hostPort(e.Addr, e.Port), e.Class)
}

// Unwrap returns the resolver's error, if there is one.
func (e *RefusedError) Unwrap() error { return e.Err }

func refusal(host string, addr netip.Addr, port uint16, d Decision) *RefusedError {
	return &RefusedError{Host: host, Addr: addr, Port: port, Class: d.Class, Always: d.Always, Setting: d.Setting}
}
