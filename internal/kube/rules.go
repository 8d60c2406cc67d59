package kube

import (
	"context"
	"slices"

	authorizationv1 "k8s.io/api/authorization/v1"

	"github.com/roadstead/roadstead/internal/apperr"
)

const (
	// fewRights are asked about one by one; for more it is worth asking for all rules first.
	fewRights = accessCalls
	// nowhere is no name that a namespace can have: what is allowed there is allowed in the whole cluster.
	nowhere = "-"
)

// knownRights tells of the wanted rights those that are known without asking about each. An administrator's are
// found by one question, those of most other accounts by one for each namespace.
func (c *Client) knownRights(ctx context.Context, wanted []Access) (map[Access]bool, error) {
	known := map[Access]bool{}
	if len(wanted) <= fewRights {
		return known, nil
	}
	everything, err := c.allowed(ctx, Access{Verb: "*", Group: "*", Resource: "*"})
	if err != nil {
		return nil, err
	}
	rules := map[string]*authorizationv1.SubjectRulesReviewStatus{}
	for _, a := range wanted {
		switch {
		case a.NonResourceURL != "":
			continue
		case everything:
			known[a] = true
			continue
		case rules[a.Namespace] == nil:
			if rules[a.Namespace], err = c.rulesIn(ctx, a.Namespace); err != nil {
				return nil, err
			}
		}
		if ok, certain := judge(rules[a.Namespace], a); certain {
			known[a] = ok
		}
	}
	return known, nil
}

// rulesIn asks for the rules that hold in a namespace, or in the whole cluster. They come incomplete where an
// authorizer cannot list its own, and count as such where the question is not allowed.
func (c *Client) rulesIn(ctx context.Context, namespace string) (*authorizationv1.SubjectRulesReviewStatus, error) {
	review := &authorizationv1.SelfSubjectRulesReview{}
	if review.Spec.Namespace = namespace; namespace == "" {
		review.Spec.Namespace = nowhere
	}
	err := c.Create(ctx, review)
	code := apperr.CodeOf(err)
	if code == apperr.ClusterForbidden || code == apperr.ClusterNotFound || code == apperr.ClusterInvalid {
		return &authorizationv1.SubjectRulesReviewStatus{Incomplete: true}, nil
	}
	return &review.Status, err
}

// judge reads a right off the rules. What they list is allowed, since rules only ever add to each other; what they
// do not list is denied for certain only when they are complete.
func judge(rules *authorizationv1.SubjectRulesReviewStatus, a Access) (ok, certain bool) {
	if slices.ContainsFunc(rules.ResourceRules, func(r authorizationv1.ResourceRule) bool { return grants(&r, a) }) {
		return true, true
	}
	return false, !rules.Incomplete && rules.EvaluationError == ""
}

func grants(r *authorizationv1.ResourceRule, a Access) bool {
	resource := a.Resource
	if a.Subresource != "" {
		resource += "/" + a.Subresource
	}
	has := func(list []string, wanted string) bool {
		return slices.Contains(list, wanted) || slices.Contains(list, "*")
	}
	return has(r.Verbs, a.Verb) && has(r.APIGroups, a.Group) &&
		(has(r.Resources, resource) || a.Subresource != "" && slices.Contains(r.Resources, "*/"+a.Subresource)) &&
		(len(r.ResourceNames) == 0 || a.Name != "" && slices.Contains(r.ResourceNames, a.Name))
}
