package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/roadstead/roadstead/internal/api"
	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/idempotency"
)

// maxAnswer bounds an answer of the server, in bytes.
const maxAnswer = 64 << 20

// client calls the JSON API.
type client struct {
	base  *url.URL
	token string
	agent string
	http  *http.Client
}

func newClient(server, token, agent string) (*client, error) {
	base, err := url.Parse(strings.TrimRight(server, "/"))
	if err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" {
		return nil, usageError(fmt.Sprintf("%q is not the address of a server", server))
	}
	if token == "" {
		return nil, apperr.Of(apperr.Unauthenticated).WithMessage("No access token is set.").
			WithHint("Set " + tokenSetting + "; the first administrator's token is in the server's data folder, in admin-token.")
	}
	return &client{base: base, token: token, agent: agent, http: &http.Client{
		Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true},
		// A redirect would take the token elsewhere.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// path builds the path of a request, each part escaped.
func path(parts ...string) string {
	var b strings.Builder
	for _, part := range parts {
		b.WriteString("/" + url.PathEscape(part))
	}
	return b.String()
}

// send sends a call and returns the answer, whose body the caller closes. An answer that is an error is returned as an
// [api.Problem].
func (c *client) send(ctx context.Context, out outgoing) (*http.Response, error) {
	connected := atomic.Bool{}
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connected.Store(true) }})
	request, err := http.NewRequestWithContext(traced, out.method, c.base.String()+"/api/v1"+out.path, bytes.NewReader(out.body))
	if err != nil {
		return nil, fmt.Errorf("make request: %w", err)
	}
	request.Header.Set("Authorization", "Bearer "+c.token)
	request.Header.Set("User-Agent", c.agent)
	if out.body != nil {
		request.Header.Set("Content-Type", out.kind)
	}
	if out.key != "" {
		request.Header.Set(idempotency.Header, out.key)
	}
	response, err := c.http.Do(request)
	if err != nil && connected.Load() {
		return nil, &lostError{c.unreachable(ctx, err)}
	}
	if err != nil {
		return nil, c.unreachable(ctx, err)
	}
	if response.StatusCode >= http.StatusMultipleChoices {
		defer func() { _ = response.Body.Close() }()
		return nil, problemOf(response)
	}
	return response, nil
}

func (c *client) unreachable(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("call the server: %w", ctx.Err())
	}
	hint := "Check that it runs, and the address: --server or " + serverSetting + "."
	if reason, ok := errors.AsType[*url.Error](err); ok {
		hint = "The connection said: " + reason.Err.Error() + ". " + hint
	}
	return apperr.Of(apperr.Unavailable).With(err).WithHint(hint).
		WithMessage("The server at " + c.base.Redacted() + " cannot be reached.")
}

// problemOf reads an error answer. Whatever else answers at the address is told as such.
func problemOf(response *http.Response) error {
	var problem api.Problem
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil || json.Unmarshal(text, &problem) != nil || problem.Code == "" {
		return &api.Problem{
			Status: response.StatusCode, Code: apperr.Unavailable,
			Title: "The answer did not come from a Roadstead server: " + response.Status + ".",
			Hint:  "Check the address: --server or " + serverSetting + ".",
		}
	}
	problem.Status = response.StatusCode
	if seconds, err := strconv.Atoi(response.Header.Get("Retry-After")); err == nil {
		problem.After = time.Duration(seconds) * time.Second
	}
	return &problem
}

// request sends a request and decodes the answer.
func request[T any](ctx context.Context, c *client, method, path string, in any) (T, error) {
	var out T
	text, err := c.text(ctx, method, path, in)
	if err != nil {
		return out, err
	}
	if err := json.Unmarshal(text, &out); err != nil {
		return out, fmt.Errorf("decode the answer to %s %s: %w", method, path, err)
	}
	return out, nil
}

// get reads something.
func get[T any](ctx context.Context, c *client, path string) (T, error) {
	return request[T](ctx, c, http.MethodGet, path, nil)
}

// text sends a request and returns the answer as it is. A change whose answer is lost is sent once more.
func (c *client) text(ctx context.Context, method, path string, in any) ([]byte, error) {
	out, err := newOutgoing(method, path, in)
	if err != nil {
		return nil, err
	}
	text, err := c.exchange(ctx, out)
	if _, lost := errors.AsType[*lostError](err); lost && out.key != "" && ctx.Err() == nil {
		return c.again(ctx, out)
	}
	return text, err
}

// exchange sends a call and reads the answer.
func (c *client) exchange(ctx context.Context, out outgoing) ([]byte, error) {
	response, err := c.send(ctx, out)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return nil, &lostError{c.unreachable(ctx, err)}
	}
	return text, nil
}

// all reads every page of a list, whose path may hold a query.
func all[T any](ctx context.Context, c *client, path string) (api.Items[T], error) {
	list := api.Items[T]{Items: []T{}}
	sep := "?"
	if strings.Contains(path, "?") {
		sep = "&"
	}
	for after := int64(0); ; {
		page, err := get[api.Page[T]](ctx, c, fmt.Sprintf("%s%slimit=100&after=%d", path, sep, after))
		if err != nil {
			return list, err
		}
		list.Items = append(list.Items, page.Items...)
		if after = page.Next; after == 0 {
			return list, nil
		}
	}
}
