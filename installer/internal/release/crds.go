package release

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"

	chartv2 "helm.sh/helm/v4/pkg/chart/v2"
	"helm.sh/helm/v4/pkg/kube"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/cli-runtime/pkg/resource"
)

// CRD is a custom resource definition in the crds folder of a chart.
type CRD struct {
	Name    string
	Objects int // how many objects of it there are; -1 when we may not see them
}

// HasCRDs reports whether a chart brings custom resource definitions of the kind that this package applies.
func HasCRDs(ch *chartv2.Chart) bool { return len(ch.CRDObjects()) > 0 }

// ApplyCRDs applies the custom resource definitions of a chart and waits until they can be used. Helm would
// create missing ones and never touch them again.
func (m *Manager) ApplyCRDs(ctx context.Context, ch *chartv2.Chart) ([]CRD, error) {
	_, c, err := m.helm(ctx)
	if err != nil {
		return nil, err
	}
	list, err := m.buildCRDs(c, ch)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	if _, err := c.Create(list, kube.ClientCreateOptionServerSideApply(true, true)); err != nil {
		return nil, fmt.Errorf("applying custom resource definitions: %w", err)
	}
	if err := c.waiter.Wait(list, longest); err != nil { //nolint:contextcheck // it has the context already
		return nil, fmt.Errorf("waiting for custom resource definitions: %w", err)
	}
	m.cluster.Refresh()
	return m.count(ctx, list), nil
}

// Labels of a custom resource definition that say whose it is: Helm neither marks them nor, for those of a
// subchart, remembers them.
const (
	labelRelease   = "roadstead.dev/release"
	labelNamespace = "roadstead.dev/release-namespace"
)

// buildCRDs reads the definitions of a chart and marks them as the release's.
func (m *Manager) buildCRDs(c *client, ch *chartv2.Chart) (kube.ResourceList, error) {
	var list kube.ResourceList
	for _, crd := range ch.CRDObjects() {
		built, err := c.Build(bytes.NewReader(crd.File.Data), false)
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", crd.Filename, err)
		}
		list = append(list, built...)
	}
	for _, info := range list {
		if u, ok := info.Object.(*unstructured.Unstructured); ok {
			marks := map[string]string{labelRelease: m.name, labelNamespace: m.namespace}
			maps.Copy(marks, u.GetLabels())
			u.SetLabels(marks)
		}
	}
	return list, nil
}

// kept lists the custom resource definitions of the release, which stay when it goes. Where we may not list
// them nothing is known.
func (m *Manager) kept(ctx context.Context) []CRD {
	definitions := schema.GroupVersionResource{
		Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions",
	}
	found, err := m.cluster.Dynamic.Resource(definitions).List(ctx, metav1.ListOptions{
		LabelSelector: labels.Set{labelRelease: m.name, labelNamespace: m.namespace}.String(),
	})
	if err != nil {
		m.log.Runningf("cannot list custom resource definitions: %v", err)
		return nil
	}
	var all []CRD
	for i := range found.Items {
		all = append(all, CRD{Name: found.Items[i].GetName(), Objects: m.objectsOf(ctx, &found.Items[i])})
	}
	return all
}

// count counts the objects of each definition in the list.
func (m *Manager) count(ctx context.Context, list kube.ResourceList) []CRD {
	var all []CRD
	_ = list.Visit(func(info *resource.Info, err error) error {
		if u, ok := info.Object.(*unstructured.Unstructured); ok && u.GetKind() == "CustomResourceDefinition" {
			all = append(all, CRD{Name: info.Name, Objects: m.objectsOf(ctx, u)})
		}
		return err
	})
	return all
}

// objectsOf counts the objects of one definition by asking for one of them and how many more there are.
func (m *Manager) objectsOf(ctx context.Context, definition *unstructured.Unstructured) int {
	gvr, err := served(definition)
	if err != nil {
		return -1
	}
	found, err := m.cluster.Dynamic.Resource(gvr).List(ctx, metav1.ListOptions{Limit: 1})
	if err != nil {
		return -1
	}
	count := len(found.Items)
	if more := found.GetRemainingItemCount(); more != nil {
		count += int(*more)
	}
	return count
}

// served is the address of a definition's objects in its first served version.
func served(definition *unstructured.Unstructured) (schema.GroupVersionResource, error) {
	group, _, _ := unstructured.NestedString(definition.Object, "spec", "group")
	plural, _, _ := unstructured.NestedString(definition.Object, "spec", "names", "plural")
	versions, _, _ := unstructured.NestedSlice(definition.Object, "spec", "versions")
	for _, item := range versions {
		version, _ := item.(map[string]any)
		if name, _ := version["name"].(string); version["served"] == true && name != "" {
			return schema.GroupVersionResource{Group: group, Version: name, Resource: plural}, nil
		}
	}
	return schema.GroupVersionResource{}, errors.New("no version of it is served")
}
