package kube

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"

	"github.com/roadstead/roadstead/internal/apperr"
)

// Get reads an object into into, whose type (or kind, for untyped ones) says what to read. Its code is
// cluster_not_found when there is none.
func (c *Client) Get(ctx context.Context, namespace, name string, into Object) error {
	kind, err := kindOf(into)
	if err != nil {
		return err
	}
	ref := Ref{Group: kind.Group, Kind: kind.Kind, Namespace: namespace, Name: name}
	g, err := c.group(ctx, ref.Group)
	if err != nil {
		return fmt.Errorf("reading %s: %w", ref, err)
	}
	ctx, cancel := callContext(ctx)
	defer cancel()
	if err := decode(accept(at(g.Get(), ref), into).Do(ctx), into); err != nil {
		return fmt.Errorf("reading %s: %w", ref, err)
	}
	return nil
}

// ListOptions say which objects of a kind to list.
type ListOptions struct {
	Namespace string // empty: of all namespaces, or of the cluster
	Labels    string // a label selector
	Fields    string // a field selector
	Limit     int64  // objects a page; 0: 500
	Continue  string // where a page starts; empty: the first
}

// List is any list type: a typed one, an unstructured one, or a PartialObjectMetadataList whose kind is set.
type List interface {
	runtime.Object
	metav1.ListInterface
}

// Page reads one page of a list into into.
func (c *Client) Page(ctx context.Context, into List, o ListOptions) error {
	return c.pageBy(ctx, into, o, func(r rest.Result) error { return decode(r, into) })
}

// pageBy is Page with a decoder of the caller's own.
func (c *Client) pageBy(ctx context.Context, into List, o ListOptions, decode func(rest.Result) error) error {
	kind, err := kindOf(into)
	if err != nil {
		return err
	}
	kind.Kind = itemKind(kind.Kind)
	g, err := c.group(ctx, kind.Group)
	if err != nil {
		return fmt.Errorf("listing %s: %w", resourceOf(kind), err)
	}
	if o.Limit == 0 {
		o.Limit = pageSize
	}
	ctx, cancel := callContext(ctx)
	defer cancel()
	req := withOptions(g.Get().MaxRetries(0).NamespaceIfScoped(o.Namespace, o.Namespace != "").Resource(resourceOf(kind)),
		&metav1.ListOptions{LabelSelector: o.Labels, FieldSelector: o.Fields, Limit: o.Limit, Continue: o.Continue})
	err = decode(accept(req, into).Do(ctx))
	if err == nil && len(into.GetContinue()) > maxContinue {
		err = apperr.Of(apperr.ClusterBadResponse).With(errors.New("the token of the next page is too long"))
	}
	if err != nil {
		return fmt.Errorf("listing %s: %w", resourceOf(kind), err)
	}
	return nil
}

// itemKind cuts "List" off the name of a list's kind.
func itemKind(list string) string {
	const suffix = "List"
	if len(list) > len(suffix) && list[len(list)-len(suffix):] == suffix {
		return list[:len(list)-len(suffix)]
	}
	return list
}

// Pages reads a list page by page; each page is a fresh object from newList, which the loop may keep or drop.
// A page that is too large is asked for again in half the size. The sequence ends after its first error: the
// list is then not complete.
func Pages[L List](ctx context.Context, c *Client, newList func() L, o ListOptions) iter.Seq2[L, error] {
	return func(yield func(L, error) bool) {
		seen := map[string]bool{}
		for items, empty := 0, 0; ; {
			page, err := fittingPage(ctx, c, newList, &o)
			items += meta.LenList(page)
			next := page.GetContinue()
			if !yield(page, err) || err != nil || next == "" {
				return
			}
			if meta.LenList(page) == 0 {
				empty++
			}
			if repeats := seen[next] || empty > maxEmpty; repeats || items >= maxItems || len(seen) >= maxPages {
				yield(newList(), endlessList(repeats))
				return
			}
			seen[next], o.Continue = true, next
		}
	}
}

// fittingPage reads a page, with fewer objects when it would be too large, and leaves the limit at that.
func fittingPage[L List](ctx context.Context, c *Client, newList func() L, o *ListOptions) (L, error) {
	if o.Limit == 0 {
		o.Limit = pageSize
	}
	for {
		page := newList()
		err := c.Page(ctx, page, *o)
		if apperr.CodeOf(err) != apperr.ClusterResponseTooLarge || o.Limit <= minPageSize {
			return page, err
		}
		o.Limit = max(o.Limit/2, minPageSize)
	}
}

func endlessList(repeated bool) error {
	if repeated {
		return apperr.Of(apperr.ClusterBadResponse).With(errors.New("listing: the server repeats a page, or sends empty ones"))
	}
	return apperr.Of(apperr.ClusterResponseTooLarge).With(fmt.Errorf("listing: more than %d objects or %d pages", maxItems, maxPages))
}
