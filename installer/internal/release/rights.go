package release

import (
	"context"
	"fmt"

	"helm.sh/helm/v4/pkg/kube"
	authorizationv1 "k8s.io/api/authorization/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// RightsError says that our account lacks a right that is known to be needed.
type RightsError struct {
	Verb     string
	Resource string // with its group, such as "deployments.apps"
}

// Error names the right.
func (e *RightsError) Error() string {
	return "the right to " + e.Verb + " " + e.Resource + " is missing"
}

// rights asks the API server what our account may do. It remembers what it has asked.
type rights struct {
	clients kubernetes.Interface
	known   map[authorizationv1.ResourceAttributes]bool
}

func newRights(clients kubernetes.Interface) *rights {
	return &rights{clients: clients, known: map[authorizationv1.ResourceAttributes]bool{}}
}

// follow reports an error unless we may see how objects fare. Helm's watch would not: where it may not look it
// waits until time is over.
func (r *rights) follow(ctx context.Context, list kube.ResourceList) error {
	for _, info := range list {
		object := authorizationv1.ResourceAttributes{
			Namespace: info.Namespace, Group: info.Mapping.Resource.Group, Resource: info.Mapping.Resource.Resource,
		}
		for _, verb := range []string{"list", "watch"} {
			if err := r.demand(ctx, verb, object); err != nil {
				return err
			}
		}
		for _, part := range parts(object) {
			if err := r.demand(ctx, "list", part); err != nil {
				return err
			}
		}
	}
	return nil
}

// parts are the kinds of objects that the readiness of an object is read from beside itself.
func parts(object authorizationv1.ResourceAttributes) []authorizationv1.ResourceAttributes {
	if object.Group != "apps" {
		return nil
	}
	pods, sets := object, object
	pods.Group, pods.Resource = "", "pods"
	sets.Resource = "replicasets"
	switch object.Resource {
	case "deployments":
		return []authorizationv1.ResourceAttributes{sets, pods}
	case "replicasets", "statefulsets":
		return []authorizationv1.ResourceAttributes{pods}
	}
	return nil
}

func (r *rights) demand(ctx context.Context, verb string, what authorizationv1.ResourceAttributes) error {
	what.Verb = verb
	allowed, asked := r.known[what]
	if !asked {
		review, err := r.clients.AuthorizationV1().SelfSubjectAccessReviews().Create(ctx,
			&authorizationv1.SelfSubjectAccessReview{
				Spec: authorizationv1.SelfSubjectAccessReviewSpec{ResourceAttributes: &what},
			}, metav1.CreateOptions{})
		if err != nil {
			return fmt.Errorf("asking for our rights: %w", err)
		}
		allowed = review.Status.Allowed
		r.known[what] = allowed
	}
	if allowed {
		return nil
	}
	resource := what.Resource
	if what.Group != "" {
		resource += "." + what.Group
	}
	return &RightsError{Verb: verb, Resource: resource}
}
