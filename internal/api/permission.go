package api

import (
	"context"
	"fmt"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/tenant"
)

// Access decides what a caller may do.
type Access interface {
	// Check returns apperr not_found for a subject that the caller may not even see, and forbidden for one that he
	// sees with too low a role.
	Check(ctx context.Context, who auth.Identity, what auth.Ability, on auth.Subject) error
	// Role returns the caller's role there.
	Role(ctx context.Context, who auth.Identity, on auth.Subject) (tenant.Role, error)
}

// permission says who may call a route. Its zero value is refused when a route is made, so that none can be without
// one.
type permission struct {
	// who is told in words in the OpenAPI document.
	who string
	// open routes are answered without asking who calls.
	open bool
	// path finds what the path names and checks it, before the body is read. It may keep what it found in ctx.
	path func(ctx context.Context, param func(name string) string) (context.Context, error)
	// input checks what only the body or the query names, before the handler runs. It takes the route's own type.
	input func(ctx context.Context, in any) error
	takes reflect.Type
	// gone tells, of a caller whom path did not find anything for, whether nobody would. It may be nil.
	gone func(ctx context.Context, param func(name string) string) bool
}

// finder finds what a path names, and of whom it is.
type finder func(ctx context.Context, param func(name string) string) (context.Context, auth.Subject, error)

// public lets anybody in, without a token.
func public() permission { return permission{who: "anybody", open: true} }

// signedIn lets everybody in who has a token. Such a route answers about the caller, or with what its caller may see.
func signedIn() permission { return permission{who: "everybody who is signed in"} }

// needs lets those in who have the ability on what the path names.
func (h *Handler) needs(what auth.Ability, find finder) permission {
	return permission{
		who: "whoever has " + string(what),
		path: func(ctx context.Context, param func(string) string) (context.Context, error) {
			ctx, subject, err := find(ctx, param)
			if apperr.CodeOf(err) == apperr.NotFound {
				return ctx, apperr.Of(apperr.NotFound) // as of what may not be seen
			}
			if err != nil {
				return ctx, err
			}
			return ctx, h.checkFound(ctx, what, subject)
		},
		gone: func(ctx context.Context, param func(string) string) bool {
			// Some names are looked for among what the caller sees. An administrator sees all.
			_, _, err := find(auth.WithIdentity(ctx, auth.Identity{Admin: true}), param)
			return apperr.CodeOf(err) == apperr.NotFound
		},
	}
}

// needsInstance lets those in who have the ability on the instance.
func (h *Handler) needsInstance(what auth.Ability) permission {
	return permission{
		who: "whoever has " + string(what) + " on the instance",
		path: func(ctx context.Context, _ func(string) string) (context.Context, error) {
			return ctx, h.check(ctx, what, auth.Instance())
		},
	}
}

// needsIn lets those in who have the ability on what the input names.
func needsIn[I any](h *Handler, what auth.Ability, find func(context.Context, *I) (auth.Subject, error)) permission {
	return decided("whoever has "+string(what), func(ctx context.Context, in *I) error {
		subject, err := find(ctx, in)
		if err != nil {
			return err
		}
		return h.check(ctx, what, subject)
	})
}

// decided lets those in for whom decide returns nil.
func decided[I any](who string, decide func(context.Context, *I) error) permission {
	return permission{
		who:   who,
		takes: reflect.TypeFor[*I](),
		input: func(ctx context.Context, in any) error {
			typed, ok := in.(*I)
			if !ok {
				return fmt.Errorf("decide on a %T", in)
			}
			return decide(ctx, typed)
		},
	}
}

// and lets those in whom both permissions let in.
func (p permission) and(other permission) permission {
	p.who += ", and " + other.who
	p.input, p.takes = other.input, other.takes
	return p
}

// consider checks what only the input names, now and as long as the request lasts.
func (p permission) consider(ctx context.Context, in any) error {
	if p.input == nil {
		return nil
	}
	if v, ok := ctx.Value(visitKey{}).(*visit); ok {
		v.checks = append(v.checks, func(ctx context.Context) error { return p.input(ctx, in) })
	}
	return p.input(ctx, in)
}

// check asks whether the caller of a request may do something.
func (h *Handler) check(ctx context.Context, what auth.Ability, on auth.Subject) error {
	who, ok := auth.FromContext(ctx)
	if !ok {
		return apperr.Of(apperr.Unauthenticated)
	}
	return h.Access.Check(ctx, who, what, on)
}

// checkFound is check for something that was found, of which nobody learns by it that it is there. The instance is
// everybody's, but what belongs to it is not.
func (h *Handler) checkFound(ctx context.Context, what auth.Ability, on auth.Subject) error {
	err := h.check(ctx, what, on)
	if on == auth.Instance() && apperr.CodeOf(err) == apperr.Forbidden {
		return apperr.Of(apperr.NotFound)
	}
	return err
}

// guard makes the middleware that stands before a route: who calls, may he write at all, may he do this.
func (h *Handler) guard(p permission) func(huma.Context, func(huma.Context)) {
	return func(c huma.Context, next func(huma.Context)) {
		ctx, err := h.admit(correlated(c.Context()), c, p)
		if err != nil {
			if !h.removedBefore(ctx, c, p, err) {
				h.refuse(ctx, c, err)
			}
			return
		}
		next(huma.WithContext(c, ctx))
	}
}

// refuse answers in the place of the handler.
func (h *Handler) refuse(ctx context.Context, c huma.Context, err error) {
	_, w := humago.Unwrap(c)
	h.problem(ctx, err).write(w)
}

func (h *Handler) admit(ctx context.Context, c huma.Context, p permission) (context.Context, error) {
	if p.open {
		return ctx, nil
	}
	ctx, err := h.identify(ctx, c)
	if err != nil {
		return ctx, err
	}
	if err := h.slow(ctx, c.Method()); err != nil {
		return ctx, err
	}
	v := &visit{token: tokenOf(c)}
	ctx = context.WithValue(ctx, visitKey{}, v)
	if err := mayWrite(ctx, c.Method()); err != nil || p.path == nil {
		return ctx, err
	}
	v.checks = append(v.checks, func(ctx context.Context) error {
		_, err := p.path(ctx, c.Param)
		return err
	})
	return p.path(ctx, c.Param)
}

// slow counts a change against what its caller may do in a minute.
func (h *Handler) slow(ctx context.Context, method string) error {
	if reads(method) {
		return nil
	}
	return h.Limits.Allow(ctx, auth.Writes, auth.UserKey(callerID(ctx)))
}

func reads(method string) bool { return method == http.MethodGet || method == http.MethodHead }

// mayWrite refuses changes to a token that may only read.
func mayWrite(ctx context.Context, method string) error {
	who, _ := auth.FromContext(ctx)
	if reads(method) || who.Writes() {
		return nil
	}
	return apperr.Of(apperr.Forbidden).WithMessage("This token may only read.").WithHint("Use a token with the scope api.")
}

// foundKey is under which a context keeps what a path named, one thing a type.
type foundKey[T any] struct{}

func keep[T any](ctx context.Context, v T) context.Context {
	return context.WithValue(ctx, foundKey[T]{}, v)
}

// found returns what the path of a request named. The permission of its route found it.
func found[T any](ctx context.Context) T {
	v, _ := ctx.Value(foundKey[T]{}).(T)
	return v
}
