package chart

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"oras.land/oras-go/v2/content"
	"oras.land/oras-go/v2/errdef"
	"oras.land/oras-go/v2/registry/remote"
	"oras.land/oras-go/v2/registry/remote/auth"
	"oras.land/oras-go/v2/registry/remote/errcode"
)

// chartLayer is the media type of a packed chart in a registry.
const chartLayer = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"

// tag is how a version is written as a tag, which may hold no plus sign.
func tag(version string) string { return strings.ReplaceAll(version, "+", "_") }

// splitReference splits an address of the form oci://host/path:tag; without a tag it is that of the version.
func splitReference(u *url.URL, version string) (repository *url.URL, reference string) {
	plain := *u
	if i := strings.LastIndexByte(u.Path, ':'); i > strings.LastIndexByte(u.Path, '/') {
		plain.Path, reference = u.Path[:i], u.Path[i+1:]
		return &plain, reference
	}
	return &plain, tag(version)
}

// pull gets the archive of a chart from a registry, without credentials.
func (f *Fetcher) pull(ctx context.Context, repository *url.URL, reference string) ([]byte, error) {
	repo, err := remote.NewRepository(repository.Host + repository.Path)
	if err != nil {
		return nil, fmt.Errorf("reading the registry's address: %w: %w", ErrAddress, err)
	}
	if repo.PlainHTTP, err = f.plainHTTP(ctx, repository.Host); err != nil {
		return nil, err
	}
	repo.Client = &auth.Client{Client: f.client, Cache: auth.NewCache()}
	layer, err := chartDescriptor(ctx, repo, reference)
	if err != nil {
		return nil, registryError(err)
	}
	archive, err := content.FetchAll(ctx, repo, layer)
	if err != nil {
		return nil, registryError(fmt.Errorf("downloading the archive: %w", err))
	}
	return archive, nil
}

// chartDescriptor finds the layer that is the packed chart. Its size is known before a byte of it is read.
func chartDescriptor(ctx context.Context, repo *remote.Repository, reference string) (ocispec.Descriptor, error) {
	manifest, err := repo.Resolve(ctx, reference)
	if err != nil {
		return ocispec.Descriptor{}, fmt.Errorf("resolving the tag: %w", err)
	}
	layers, err := content.Successors(ctx, repo, manifest)
	if err != nil {
		return ocispec.Descriptor{}, fmt.Errorf("reading the manifest: %w", err)
	}
	for _, l := range layers {
		if l.MediaType != chartLayer {
			continue
		}
		if l.Size > maxArchive {
			return ocispec.Descriptor{}, fmt.Errorf("the archive has more than %d bytes: %w", maxArchive, ErrInvalid)
		}
		return l, nil
	}
	return ocispec.Descriptor{}, fmt.Errorf("what the registry holds is no chart: %w", ErrInvalid)
}

// plainHTTP reports whether a registry speaks HTTP without TLS, which is asked only of loopback and private
// addresses that were opened by the operator. The address of a registry does not tell.
func (f *Fetcher) plainHTTP(ctx context.Context, host string) (bool, error) {
	u := url.URL{Scheme: "https", Host: host, Path: "/v2/"}
	if !privateAddress(u.Hostname()) {
		return false, nil
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodHead, u.String(), nil)
	if err != nil {
		return false, fmt.Errorf("making a request: %w: %w", ErrAddress, err)
	}
	resp, err := f.client.Do(req)
	if errors.Is(err, http.ErrSchemeMismatch) {
		return true, nil
	}
	if err != nil {
		return false, unreachable(err)
	}
	return false, resp.Body.Close()
}

// privateAddress reports whether a host is an address, not a name, of loopback or of a private network.
func privateAddress(host string) bool {
	addr, err := netip.ParseAddr(host)
	return err == nil && (addr.IsLoopback() || addr.IsPrivate())
}

// registryError gives an error of the registry's client its kind.
func registryError(err error) error {
	answer, answered := errors.AsType[*errcode.ErrorResponse](err)
	switch {
	case errors.Is(err, ErrInvalid):
		return err
	case errors.Is(err, errdef.ErrNotFound):
		return fmt.Errorf("%w: %w", ErrNotFound, err)
	case answered && hidden(answer.StatusCode):
		return fmt.Errorf("the registry shows it to nobody without a login: %w: %w", ErrNotFound, err)
	case errors.Is(err, content.ErrMismatchedDigest), errors.Is(err, content.ErrInvalidDescriptorSize),
		errors.Is(err, errdef.ErrSizeExceedsLimit):
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return unreachable(err)
}

// hidden reports whether a status is what registries answer for repositories that do not exist.
func hidden(status int) bool {
	return status == http.StatusUnauthorized || status == http.StatusForbidden
}
