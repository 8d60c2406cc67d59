package simulate

import (
	"context"
	"fmt"

	"github.com/distribution/reference"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/roadstead/roadstead/devcluster/internal/pod"
)

// Runtime simulates containers.
type Runtime struct{}

// Pull implements pod.Runtime.
func (Runtime) Pull(p *corev1.Pod, container *corev1.Container) error {
	named, err := reference.ParseDockerRef(container.Image)
	if err != nil {
		return fmt.Errorf("parse the image reference: %w", err)
	}
	// A container is asked for by name here: an annotation that asks for a
	// failed pull does not mean init containers.
	b, err := behaviorOf(p, container, isInit(p, container))
	if err == nil && b.pullFails {
		return fmt.Errorf("failed to resolve reference %q: %s: not found", named, named)
	}
	return nil
}

func isInit(p *corev1.Pod, container *corev1.Container) bool {
	for i := range p.Spec.InitContainers {
		if p.Spec.InitContainers[i].Name == container.Name {
			return true
		}
	}
	return false
}

// Start implements pod.Runtime.
func (Runtime) Start(_ context.Context, start pod.Start) (pod.Run, error) {
	b, err := behaviorOf(start.Pod, start.Container, start.Once)
	if err != nil {
		return nil, err
	}
	return newRun(start, b), nil
}

// Release implements pod.Runtime.
func (Runtime) Release(context.Context, types.UID) {}
