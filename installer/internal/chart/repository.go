package chart

import (
	"context"
	"fmt"
	"net/url"
	"strings"
)

// entry is one version of a chart in an index.
type entry struct {
	Version string   `json:"version"`
	URLs    []string `json:"urls"`
	Digest  string   `json:"digest"` // of the archive, as hex digits

	location *url.URL // the first of URLs, resolved
}

// resolve finds the chart in the index of an HTTP repository.
func (f *Fetcher) resolve(ctx context.Context, base *url.URL, s Source) (entry, error) {
	body, err := f.stream(ctx, base.JoinPath("index.yaml"))
	if err != nil {
		return entry{}, fmt.Errorf("getting the repository's index: %w", err)
	}
	defer body.Close()
	entries, err := readIndex(body, s.Name)
	if err != nil {
		return entry{}, fmt.Errorf("reading the repository's index: %w", err)
	}
	e, ok := choose(entries, s.Version)
	if !ok || len(e.URLs) == 0 {
		return entry{}, fmt.Errorf("the index has %d other versions of it: %w", len(entries), ErrNotFound)
	}
	if e.location, err = locate(base, e.URLs[0]); err != nil {
		return entry{}, fmt.Errorf("reading where the archive is: %w", err)
	}
	return e, nil
}

// choose returns the entry of a version: the one that spells it alike, or else the one that means it, since
// "1.2.3" and "v1.2.3" are the same version to Helm.
func choose(entries []entry, version string) (entry, bool) {
	for _, e := range entries {
		if e.Version == version {
			return e, true
		}
	}
	for _, e := range entries {
		if sameVersion(e.Version, version) {
			return e, true
		}
	}
	return entry{}, false
}

// locate resolves the address of an archive against that of the repository. From a repository on https it may
// not lead to one on http.
func locate(base *url.URL, address string) (*url.URL, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("it is no address: %w", ErrInvalid)
	}
	if !u.IsAbs() {
		folder := *base
		folder.Path = strings.TrimSuffix(folder.Path, "/") + "/"
		u = folder.ResolveReference(u)
	}
	if base.Scheme == "https" && u.Scheme == "http" {
		return nil, fmt.Errorf("it leaves https: %w", ErrAddress)
	}
	return u, nil
}
