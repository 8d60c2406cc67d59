package cli

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/roadstead/roadstead/internal/api"
	"github.com/roadstead/roadstead/internal/apperr"
)

// yamlText is the body of a request that is sent as it is.
type yamlText []byte

// outgoing is a request that can be sent more than once.
type outgoing struct {
	method, path string
	body         []byte
	kind         string // what the body is
	// key names a change, so that the server makes it once. It is empty for a read.
	key string
}

func newOutgoing(method, path string, in any) (out outgoing, err error) {
	out = outgoing{method: method, path: path}
	if method != http.MethodGet {
		out.key = rand.Text()
	}
	if in == nil {
		return out, nil
	}
	if text, ok := in.(yamlText); ok {
		out.body, out.kind = text, "application/yaml"
		return out, nil
	}
	out.kind = "application/json"
	if out.body, err = json.Marshal(in); err != nil {
		return out, fmt.Errorf("encode request: %w", err)
	}
	return out, nil
}

// lostError is a connection that broke once it was made: nobody here knows whether the request was carried out.
type lostError struct{ error }

func (e *lostError) Unwrap() error { return e.error }

// again sends a change once more whose answer was lost. While the first one still runs, it asks for the answer of that.
func (c *client) again(ctx context.Context, out outgoing) ([]byte, error) {
	for began := time.Now(); ; {
		text, err := c.exchange(ctx, out)
		problem, ok := errors.AsType[*api.Problem](err)
		if !ok || problem.Code != apperr.IdempotencyInProgress || time.Since(began) > patience {
			return text, err
		}
		if pause(ctx, problem.After); ctx.Err() != nil {
			return nil, c.unreachable(ctx, ctx.Err())
		}
	}
}
