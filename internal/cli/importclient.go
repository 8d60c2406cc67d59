package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
)

// Limits of what an import reads. What answers at the address may be anything.
const (
	maxImportPage  = 16 << 20        // of one answer, in bytes
	maxImportRows  = 100_000         // of one list
	maxImportWait  = 2 * time.Minute // of one wait that was asked for
	maxImportTries = 6               // of one request that is told to come back later
)

// importClient speaks the API that GitLab and Roadstead have in common: /api/v4.
type importClient struct {
	// name is what is told of the other side: GitLab or Roadstead.
	name  string
	base  *url.URL
	token string
	agent string
	http  *http.Client
}

// statusError is an answer that is not what was asked for.
type statusError struct {
	name    string
	request string
	status  int
	// said is what our own server says; nobody else's words are repeated.
	said string
}

// Error implements error.
func (e *statusError) Error() string {
	text := fmt.Sprintf("%s answered %s with %d %s", e.name, e.request, e.status, http.StatusText(e.status))
	if e.said != "" {
		text += ": " + e.said
	}
	return text
}

// isStatus reports whether an error is an answer with one of the statuses.
func isStatus(err error, statuses ...int) bool {
	answer, ok := errors.AsType[*statusError](err)
	for _, status := range statuses {
		if ok && answer.status == status {
			return true
		}
	}
	return false
}

// read reads one record.
func (g *importClient) read(ctx context.Context, path string, out any) error {
	_, err := g.call(ctx, http.MethodGet, path, nil, out)
	return err
}

// call sends a request and decodes the answer. It waits when it is told to come back later.
func (g *importClient) call(ctx context.Context, method, path string, in, out any) (http.Header, error) {
	for try := 1; ; try++ {
		header, err := g.once(ctx, method, path, in, out)
		if !isStatus(err, http.StatusTooManyRequests) || try == maxImportTries {
			return header, err
		}
		timer := time.NewTimer(waitOf(header))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil, ctx.Err()
		}
	}
}

// waitOf is how long an answer asks to wait.
func waitOf(header http.Header) time.Duration {
	seconds, err := strconv.Atoi(header.Get("Retry-After"))
	if err != nil || seconds < 1 {
		seconds = 1
	}
	return min(time.Duration(seconds)*time.Second, maxImportWait)
}

func (g *importClient) once(ctx context.Context, method, path string, in, out any) (http.Header, error) {
	request, err := g.request(ctx, method, path, in)
	if err != nil {
		return nil, err
	}
	response, err := g.http.Do(request)
	if err != nil {
		return nil, g.unreachable(ctx, err)
	}
	defer func() { _ = response.Body.Close() }()
	raw, err := io.ReadAll(io.LimitReader(response.Body, maxImportPage+1))
	switch {
	case err != nil:
		return nil, g.unreachable(ctx, err)
	case len(raw) > maxImportPage:
		return nil, g.odd(method+" "+path, "is larger than 16 MiB")
	case response.StatusCode < http.StatusOK || response.StatusCode >= http.StatusMultipleChoices:
		return response.Header, &statusError{g.name, method + " " + path, response.StatusCode, g.said(raw)}
	case out == nil:
		return response.Header, nil
	}
	if err := json.Unmarshal(raw, out); err != nil {
		return nil, g.odd(method+" "+path, "is not what this request answers")
	}
	return response.Header, nil
}

func (g *importClient) request(ctx context.Context, method, path string, in any) (*http.Request, error) {
	var body io.Reader
	if in != nil {
		raw, err := json.Marshal(in)
		if err != nil {
			return nil, fmt.Errorf("encode request: %w", err)
		}
		body = bytes.NewReader(raw)
	}
	request, err := http.NewRequestWithContext(ctx, method, strings.TrimRight(g.base.String(), "/")+"/api/v4"+path, body)
	if err != nil {
		return nil, fmt.Errorf("make request: %w", err)
	}
	request.Header.Set("Private-Token", g.token)
	request.Header.Set("User-Agent", g.agent)
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	return request, nil
}

// said is what our own server says of a refusal.
func (g *importClient) said(raw []byte) string {
	if g.name != roadsteadName {
		return ""
	}
	return clean(strings.TrimSpace(string(raw[:min(len(raw), 1<<10)])))
}

func (g *importClient) unreachable(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("call %s: %w", g.name, ctx.Err())
	}
	hint := "Check the address."
	if reason, ok := errors.AsType[*url.Error](err); ok {
		hint = "The connection said: " + reason.Err.Error() + ". " + hint
	}
	return apperr.Of(apperr.Unavailable).With(err).WithHint(hint).WithMessage(g.name + " at " + g.base.Redacted() + " cannot be reached.")
}

// odd is the error of an answer that cannot be used.
func (g *importClient) odd(request, why string) error {
	return apperr.Of(apperr.Unavailable).WithMessage(fmt.Sprintf("The answer of %s to %s %s.", g.name, request, why)).
		WithHint("Check that it is the address of " + g.name + ".")
}

// listOf reads every page of a list. One that has no end is refused.
func listOf[T any](ctx context.Context, g *importClient, path string, query url.Values) ([]T, error) {
	var rows []T
	if query == nil {
		query = url.Values{}
	}
	query.Set("per_page", "100")
	for number := 1; ; {
		query.Set("page", strconv.Itoa(number))
		var page []T
		header, err := g.call(ctx, http.MethodGet, path+"?"+query.Encode(), nil, &page)
		if err != nil {
			return nil, err
		}
		if rows = append(rows, page...); len(rows) > maxImportRows {
			return nil, g.odd("GET "+path, "has more than 100,000 rows")
		}
		next, err := strconv.Atoi(header.Get("X-Next-Page"))
		if header.Get("X-Next-Page") == "" {
			return rows, nil
		}
		if err != nil || next != number+1 || len(page) == 0 {
			return nil, g.odd("GET "+path, "has pages that lead nowhere")
		}
		number = next
	}
}
