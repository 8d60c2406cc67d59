package kube_test

import (
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/roadstead/roadstead/internal/kube"
	"github.com/roadstead/roadstead/internal/kubetest"
)

// TestGroupsOutsideOfTheSchemeAreSpoken uses kinds that client-go does not know: what they are called in a URL, and
// that options go along.
func TestGroupsOutsideOfTheSchemeAreSpoken(t *testing.T) {
	t.Parallel()
	for resource, kind := range map[string]schema.GroupVersionKind{
		"services":        {Group: "serving.knative.dev", Version: "v1", Kind: "Service"},
		"virtualservices": {Group: "networking.istio.io", Version: "v1", Kind: "VirtualService"},
		"gateways":        {Group: "gateway.networking.k8s.io", Version: "v1", Kind: "Gateway"},
		"httproutes":      {Group: "gateway.networking.k8s.io", Version: "v1", Kind: "HTTPRoute"},
		"gatewayclasses":  {Group: "gateway.networking.k8s.io", Version: "v1", Kind: "GatewayClass"},
	} {
		t.Run(kind.Kind, func(t *testing.T) {
			t.Parallel()
			s, objects := kubetest.NewServer(t), kubetest.NewObjects()
			s.Answer("*", objects.Answer)
			s.Answer("GET /apis/"+kind.Group, kubetest.JSON(200, map[string]any{"versions": []any{map[string]any{"version": kind.Version}}}))
			c, _ := dial(t, s)
			object := func(name string) *unstructured.Unstructured {
				o := &unstructured.Unstructured{}
				o.SetGroupVersionKind(kind)
				o.SetNamespace("shop")
				o.SetName(name)
				return o
			}
			if err := c.Create(t.Context(), object("created")); err != nil {
				t.Error(err)
			}
			if _, err := c.Apply(t.Context(), object("applied")); err != nil {
				t.Error(err)
			}
			list := &unstructured.UnstructuredList{}
			list.SetGroupVersionKind(kind.GroupVersion().WithKind(kind.Kind + "List"))
			if err := c.Page(t.Context(), list, kube.ListOptions{Namespace: "shop", Limit: 10}); err != nil || len(list.Items) != 2 {
				t.Errorf("%d objects, %v", len(list.Items), err)
			}
			asked := "/apis/" + kind.Group + "/" + kind.Version + "/namespaces/shop/" + resource
			if held := objects.Versions(asked); len(held) != 2 {
				t.Errorf("%d objects at %s", len(held), asked)
			}
			requests := s.Requests()
			if last := requests[len(requests)-1]; last.Query != "limit=10" {
				t.Errorf("listed with %q", last.Query)
			}
		})
	}
}
