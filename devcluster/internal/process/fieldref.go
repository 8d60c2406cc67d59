package process

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

var errUnknownField = errors.New("not a field of the downward API")

// field is the value of a downward API field.
func field(p *corev1.Pod, path string) (string, error) {
	for prefix, values := range map[string]map[string]string{
		"metadata.labels": p.Labels, "metadata.annotations": p.Annotations,
	} {
		if path == prefix {
			return lines(values), nil
		}
		if key, found := strings.CutPrefix(path, prefix+"['"); found {
			return values[strings.TrimSuffix(key, "']")], nil
		}
	}
	value, known := map[string]string{
		"metadata.name":           p.Name,
		"metadata.namespace":      p.Namespace,
		"metadata.uid":            string(p.UID),
		"spec.nodeName":           p.Spec.NodeName,
		"spec.serviceAccountName": p.Spec.ServiceAccountName,
		"status.hostIP":           p.Status.HostIP,
		"status.hostIPs":          p.Status.HostIP,
		"status.podIP":            p.Status.PodIP,
		"status.podIPs":           p.Status.PodIP,
	}[path]
	if !known {
		return "", fmt.Errorf("read %q: %w", path, errUnknownField)
	}
	return value, nil
}

// lines is labels or annotations in the form in which a file holds them.
func lines(values map[string]string) string {
	var out strings.Builder
	for i, key := range slices.Sorted(maps.Keys(values)) {
		if i > 0 {
			out.WriteByte('\n')
		}
		out.WriteString(key + "=" + strconv.Quote(values[key]))
	}
	return out.String()
}

// resourceField is the value of a resource of a container, in units of the
// divisor and rounded up, as the downward API gives it.
func resourceField(p *corev1.Pod, own *corev1.Container, selector *corev1.ResourceFieldSelector) (string, error) {
	container := own
	for i := range p.Spec.Containers {
		if c := &p.Spec.Containers[i]; selector.ContainerName == c.Name {
			container = c
		}
	}
	if container == nil {
		return "", fmt.Errorf("read a resource of container %q: %w", selector.ContainerName, errUnknownField)
	}
	kind, name, _ := strings.Cut(selector.Resource, ".")
	values := container.Resources.Limits
	if kind == "requests" {
		values = container.Resources.Requests
	}
	quantity := values[corev1.ResourceName(name)]
	return scale(quantity, selector.Divisor, name == string(corev1.ResourceCPU)), nil
}

func scale(quantity, divisor resource.Quantity, cpu bool) string {
	if divisor.IsZero() {
		divisor = resource.MustParse("1")
	}
	value, unit := quantity.Value(), divisor.Value()
	if cpu {
		value, unit = quantity.MilliValue(), divisor.MilliValue()
	}
	return strconv.FormatInt((value+unit-1)/unit, 10)
}
