package chart

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/roadstead/roadstead/internal/egress"
)

// Source says which chart is wanted, exactly.
type Source struct {
	Repository string // https://, http:// or oci://
	Name       string
	Version    string
	Digest     string // what the archive must have; empty: any
}

// Fetcher gets charts. It is safe for concurrent use.
type Fetcher struct {
	guard  *egress.Guard
	client *http.Client
}

// NewFetcher makes a fetcher that reaches what the guard allows.
func NewFetcher(guard *egress.Guard) *Fetcher {
	return &Fetcher{guard: guard, client: newClient(guard)}
}

// Fetch gets the archive of a chart and verifies it. The errors are those of this package and of the guard.
func (f *Fetcher) Fetch(ctx context.Context, s Source) (*Archive, error) {
	base, err := f.guard.CheckURL(s.Repository, "https", "http", "oci")
	if err != nil {
		return nil, fmt.Errorf("checking the repository's address: %w: %w", ErrAddress, err)
	}
	content, err := f.content(ctx, base, s)
	if err != nil {
		return nil, fmt.Errorf("fetching chart %s %s: %w", s.Name, s.Version, err)
	}
	a, err := open(content)
	if err != nil {
		return nil, fmt.Errorf("reading the archive of chart %s %s: %w: %w", s.Name, s.Version, ErrInvalid, err)
	}
	if s.Digest != "" && s.Digest != a.Digest {
		return nil, fmt.Errorf("chart %s %s has %s and not %s: %w", s.Name, s.Version, a.Digest, s.Digest, ErrDigest)
	}
	if err := a.check(s); err != nil {
		return nil, fmt.Errorf("checking chart %s %s: %w: %w", s.Name, s.Version, ErrInvalid, err)
	}
	return a, nil
}

// content gets the bytes of the archive. An index may point to a registry.
func (f *Fetcher) content(ctx context.Context, base *url.URL, s Source) ([]byte, error) {
	if base.Scheme == "oci" {
		return f.pull(ctx, base.JoinPath(s.Name), tag(s.Version))
	}
	entry, err := f.resolve(ctx, base, s)
	if err != nil {
		return nil, err
	}
	if entry.location.Scheme == "oci" {
		repository, reference := splitReference(entry.location, s.Version)
		return f.pull(ctx, repository, reference)
	}
	content, err := f.get(ctx, entry.location, maxArchive)
	if err != nil {
		return nil, fmt.Errorf("downloading the archive: %w", err)
	}
	want := "sha256:" + strings.ToLower(strings.TrimPrefix(entry.Digest, "sha256:"))
	if d := digestOf(content); entry.Digest != "" && d != want {
		return nil, fmt.Errorf("the archive has %s and the index says %.80q: %w", d, want, ErrDigest)
	}
	return content, nil
}

// Schema gets a JSON schema that a chart's schema refers to.
func (f *Fetcher) Schema(address string) ([]byte, error) {
	u, err := url.Parse(address)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") {
		return nil, errors.Join(fmt.Errorf("a schema refers to something that is no web address: %w", ErrInvalid), err)
	}
	// The validator that asks for schemas knows no context; the client's timeout bounds the call.
	text, err := f.get(context.Background(), u, maxSchema)
	if err != nil {
		return nil, fmt.Errorf("getting a schema that the chart's schema refers to: %w", err)
	}
	return text, nil
}
