package audit

import (
	"context"
	"net/netip"
)

// Kind says what an actor showed to be let in.
type Kind string

// The kinds of actors. System is work that nobody waits for; the correlation id of its row leads to who asked for it.
const (
	User      Kind = "user"
	Token     Kind = "token"
	Session   Kind = "session"
	System    Kind = "system"
	Anonymous Kind = "anonymous"
	// Local is a user of the machine that a worker runs on.
	Local Kind = "local"
)

// Actor is who did something, as known at that time.
type Actor struct {
	Kind   Kind
	UserID int64
	// Name is the user's name at that time.
	Name string
	// TokenID and SessionID name what was shown; zero for another kind.
	TokenID   int64
	SessionID int64
	// IP is where the request came from, past the trusted proxies: what limits go by as well. The zero address is none.
	IP netip.Addr
}

// Address is the text of the actor's address, empty when there is none.
func (a Actor) Address() string {
	if !a.IP.IsValid() {
		return ""
	}
	return a.IP.Unmap().String()
}

type actorKey struct{}

// WithActor returns a context whose changes are recorded as the actor's.
func WithActor(ctx context.Context, actor Actor) context.Context {
	return context.WithValue(ctx, actorKey{}, actor)
}

// ActorFrom returns who acts in ctx: the system when nobody does.
func ActorFrom(ctx context.Context) Actor {
	if actor, ok := ctx.Value(actorKey{}).(Actor); ok {
		return actor
	}
	return Actor{Kind: System, Name: string(System)}
}
