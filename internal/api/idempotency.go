package api

import (
	"bytes"
	"cmp"
	"context"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/idempotency"
)

// Idempotency is what the API needs to make a change once that is sent again under the same key.
type Idempotency interface {
	// Begin returns the answer of a request that ran before, or claims its key until End.
	Begin(ctx context.Context, r idempotency.Request) (idempotency.Claim, *idempotency.Answer, error)
	// End keeps the answer for those who come again.
	End(ctx context.Context, c idempotency.Claim, a idempotency.Answer) error
	// Answered is Begin for what shall not run. It returns nil when nothing did.
	Answered(ctx context.Context, r idempotency.Request) (*idempotency.Answer, error)
}

// Limits of reading a body, where a route has none of its own. They are those of huma.
const (
	maxBody    = 1 << 20 // bytes
	bodyWithin = 5 * time.Second
)

// secretAnswer marks, in the metadata of an operation, an answer that holds a secret, which is kept nowhere.
const secretAnswer = "secret answer"

func holdsSecret() option {
	return func(op *huma.Operation) { op.Metadata = map[string]any{secretAnswer: true} }
}

// repeatable describes the header that a change may have.
func repeatable(op *huma.Operation) {
	shortest, longest := 1, 255
	again := "the answer is that of the first time, with the header " + idempotency.Replayed + "."
	if op.Metadata[secretAnswer] == true {
		again = "it is refused with " + string(apperr.IdempotencyAnswerNotKept) + ", since the answer holds a secret."
	}
	op.Parameters = append(op.Parameters, &huma.Param{
		Name: idempotency.Header, In: "header",
		Description: "A name of your own for this change, new for each one. Sent again under it within 24 hours, the change is " +
			"not made again: " + again,
		Schema: &huma.Schema{Type: huma.TypeString, MinLength: &shortest, MaxLength: &longest, Pattern: "^[!-~]+$"},
	})
}

// attempt is one request under a key, on its way from the middleware to the handler and back.
type attempt struct {
	idempotency.Request

	// left is closed when nobody waits for the answer any more.
	left  <-chan struct{}
	claim *idempotency.Claim
	// before is the answer of the first time.
	before *idempotency.Answer
}

type attemptKey struct{}

func attemptOf(ctx context.Context) *attempt {
	a, _ := ctx.Value(attemptKey{}).(*attempt)
	return a
}

// leaving is closed when the caller of a request that would run on without him is gone. It is nil for others.
func leaving(ctx context.Context) <-chan struct{} {
	if a := attemptOf(ctx); a != nil {
		return a.left
	}
	return nil
}

// once is the middleware before a change. It holds the answer back until it is kept: an answer that was seen is known.
func (h *Handler) once(c huma.Context, next func(huma.Context)) {
	request, keyed, err := keyedRequest(c.Context(), c)
	if err != nil {
		h.refuse(c.Context(), c, err)
		return
	}
	if !keyed {
		next(c)
		return
	}
	a := &attempt{Request: request, left: c.Context().Done()}
	held := &heldAnswer{humaContext: huma.WithValue(c, attemptKey{}, a)}
	next(held)
	if a.before != nil {
		replay(c, *a.before)
		return
	}
	if a.claim != nil {
		h.keepAnswer(c, *a.claim, held)
	}
	c.SetStatus(held.status)
	_, _ = c.BodyWriter().Write(held.body.Bytes()) // fails only when the reader is gone
}

// keepAnswer ends the claim. When the store fails, the answer is sent anyway: the change is made.
func (h *Handler) keepAnswer(c huma.Context, claim idempotency.Claim, held *heldAnswer) {
	_, w := humago.Unwrap(c)
	err := h.Idempotency.End(c.Context(), claim, idempotency.Answer{
		Status: held.status, ContentType: w.Header().Get("Content-Type"), Body: held.body.Bytes(),
		Secret: c.Operation().Metadata[secretAnswer] == true && held.status < http.StatusMultipleChoices,
	})
	if err != nil {
		h.Log.WarnContext(c.Context(), "keep the answer of a repeatable request", slog.Any("error", err))
	}
}

// runOnce runs a handler unless the request ran before. Under a key it runs to its end, even when its caller leaves: he
// comes back for the answer.
func runOnce[O any](ctx context.Context, h *Handler, handle func(context.Context) (*O, error)) (*O, error) {
	a := attemptOf(ctx)
	if a == nil {
		return handle(ctx)
	}
	claim, before, err := h.Idempotency.Begin(ctx, a.Request)
	if a.before = before; err != nil || before != nil {
		return nil, err
	}
	a.claim = &claim
	run, cancel := context.WithDeadline(context.WithoutCancel(ctx), claim.Deadline())
	defer cancel()
	return handle(run)
}

// removedBefore gives the answer of a removal again whose repeat was refused because nothing is there any more. An answer
// that says something is given only if that is gone for everybody: who merely lost his right is refused.
func (h *Handler) removedBefore(ctx context.Context, c huma.Context, p permission, refusal error) bool {
	if c.Method() != http.MethodDelete || apperr.CodeOf(refusal) != apperr.NotFound {
		return false
	}
	request, keyed, err := keyedRequest(ctx, c)
	if err != nil || !keyed {
		return false
	}
	before, err := h.Idempotency.Answered(ctx, request)
	switch {
	case err != nil:
		h.refuse(ctx, c, err)
		return true
	case before == nil, len(before.Body) > 0 && (p.gone == nil || !p.gone(ctx, c.Param)):
		return false
	}
	replay(c, *before)
	return true
}

// replay sends an answer once more.
func replay(c huma.Context, a idempotency.Answer) {
	_, w := humago.Unwrap(c)
	if w.Header().Del("Content-Type"); a.ContentType != "" {
		w.Header().Set("Content-Type", a.ContentType)
	}
	w.Header().Set(idempotency.Replayed, "true")
	w.WriteHeader(a.Status)
	_, _ = w.Write(a.Body) // fails only when the reader is gone
}

// keyedRequest reads a request that has a key, and leaves its body to be read again.
func keyedRequest(ctx context.Context, c huma.Context) (r idempotency.Request, keyed bool, err error) {
	request, _ := humago.Unwrap(c)
	keys := request.Header.Values(idempotency.Header)
	if len(keys) == 0 {
		return r, false, nil
	}
	key := strings.Join(keys, " ") // of two, which are none
	if err := idempotency.CheckKey(key); err != nil {
		return r, false, err
	}
	body, err := readBody(c, request)
	return idempotency.Request{
		UserID: callerID(ctx), Key: key, Method: c.Method(), Target: request.URL.RequestURI(), Body: body,
		Wait: WaitInput{c.Query("wait")}.duration(),
	}, true, err
}

// readBody reads a body as far as the route reads one, and puts it back.
func readBody(c huma.Context, request *http.Request) ([]byte, error) {
	op := c.Operation()
	_ = c.SetReadDeadline(time.Now().Add(cmp.Or(op.BodyReadTimeout, bodyWithin))) // a test's writer has none
	body, err := io.ReadAll(io.LimitReader(request.Body, cmp.Or(op.MaxBodyBytes, maxBody)+1))
	_ = c.SetReadDeadline(time.Time{})
	if err != nil {
		return nil, apperr.Of(apperr.InvalidRequest).With(err).WithMessage("The body could not be read.")
	}
	request.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(body), request.Body), request.Body}
	return body, nil
}

// humaContext has a name of its own, since a huma.Context has a method Context.
type humaContext = huma.Context

// heldAnswer keeps status and body of an answer back.
type heldAnswer struct {
	humaContext

	status int
	body   bytes.Buffer
}

// Unwrap returns the context of the connection.
func (a *heldAnswer) Unwrap() huma.Context { return a.humaContext }

// SetStatus implements [huma.Context].
func (a *heldAnswer) SetStatus(status int) { a.status = status }

// Status implements [huma.Context].
func (a *heldAnswer) Status() int { return a.status }

// BodyWriter implements [huma.Context].
func (a *heldAnswer) BodyWriter() io.Writer { return &a.body }
