package kube

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"

	"github.com/roadstead/roadstead/internal/apperr"
)

// Access is one right that our account may need. NonResourceURL excludes the rest but Verb.
type Access struct {
	Verb, Group, Resource, Subresource, Namespace, Name string

	NonResourceURL string
}

// String reads "create pods" or "bind clusterroles.rbac.authorization.k8s.io/roadstead-app-x in shop-7".
func (a Access) String() string {
	if a.NonResourceURL != "" {
		return a.Verb + " " + a.NonResourceURL
	}
	words := []string{a.Verb, " ", a.Resource}
	for _, part := range []struct{ mark, text string }{
		{".", a.Group}, {"/", a.Subresource}, {"/", a.Name}, {" in ", a.Namespace},
	} {
		if part.text != "" {
			words = append(words, part.mark, part.text)
		}
	}
	return strings.Join(words, "")
}

// accessCalls is how many reviews are on their way at once.
const accessCalls = 4

// Allowed says which of the wanted rights our account has, in the same order. It asks the cluster about as few of
// them as it can.
func (c *Client) Allowed(ctx context.Context, wanted []Access) ([]bool, error) {
	known, err := c.knownRights(ctx, wanted)
	if err != nil {
		return nil, fmt.Errorf("asking for our rights: %w", err)
	}
	open := slices.DeleteFunc(distinct(wanted), func(a Access) bool { _, ok := known[a]; return ok })
	answers, err := c.reviews(ctx, open)
	if err != nil {
		return nil, fmt.Errorf("asking for our rights: %w", err)
	}
	for i, a := range open {
		known[a] = answers[i]
	}
	allowed := make([]bool, len(wanted))
	for i, a := range wanted {
		allowed[i] = known[a]
	}
	return allowed, nil
}

func distinct(wanted []Access) []Access {
	seen := map[Access]bool{}
	return slices.DeleteFunc(slices.Clone(wanted), func(a Access) bool {
		again := seen[a]
		seen[a] = true
		return again
	})
}

// reviews asks about each right by itself.
func (c *Client) reviews(ctx context.Context, wanted []Access) ([]bool, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	allowed := make([]bool, len(wanted))
	slots := make(chan struct{}, accessCalls)
	var wg sync.WaitGroup
	for i, a := range wanted {
		slots <- struct{}{}
		if ctx.Err() != nil {
			break // one review failed: its error is the answer
		}
		wg.Go(func() {
			defer func() { <-slots }()
			ok, err := c.allowed(ctx, a)
			if err != nil {
				cancel(err)
			}
			allowed[i] = ok
		})
	}
	wg.Wait()
	return allowed, classify(context.Cause(ctx))
}

func (c *Client) allowed(ctx context.Context, a Access) (bool, error) {
	review := &authorizationv1.SelfSubjectAccessReview{}
	if a.NonResourceURL != "" {
		review.Spec.NonResourceAttributes = &authorizationv1.NonResourceAttributes{Path: a.NonResourceURL, Verb: a.Verb}
	} else {
		review.Spec.ResourceAttributes = &authorizationv1.ResourceAttributes{
			Verb: a.Verb, Group: a.Group, Resource: a.Resource, Subresource: a.Subresource, Namespace: a.Namespace, Name: a.Name,
		}
	}
	if err := c.Create(ctx, review); err != nil {
		return false, err
	}
	return review.Status.Allowed, nil
}

// maxUserName is how much of a user name that a cluster gave is kept, in bytes.
const maxUserName = 253

// WhoAmI is the user name that the cluster knows our token by.
func (c *Client) WhoAmI(ctx context.Context) (apperr.Untrusted, error) {
	review := &authenticationv1.SelfSubjectReview{}
	if err := c.Create(ctx, review); err != nil {
		return "", fmt.Errorf("asking who we are: %w", err)
	}
	return apperr.Clean(review.Status.UserInfo.Username, maxUserName), nil
}
