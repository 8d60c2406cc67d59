//go:build !race

package controlplane

import (
	"context"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
)

// probeInterval is how often readiness is asked for.
const probeInterval = 25 * time.Millisecond

// waitServing returns once the API server says that it is ready.
func waitServing(ctx context.Context, client kubernetes.Interface) error {
	err := wait.PollUntilContextCancel(ctx, probeInterval, true, func(ctx context.Context) (bool, error) {
		_, err := client.Discovery().RESTClient().Get().AbsPath("/readyz").DoRaw(ctx)
		return err == nil, nil
	})
	if err != nil {
		return fmt.Errorf("wait for the API server: %w", context.Cause(ctx))
	}
	return nil
}

// waitPods returns once pods can be created in namespace default, for which
// the controllers must have made its service account and the CA's ConfigMap.
func waitPods(ctx context.Context, client kubernetes.Interface) error {
	core := client.CoreV1()
	err := wait.PollUntilContextCancel(ctx, probeInterval, true, func(ctx context.Context) (bool, error) {
		_, err := core.ServiceAccounts(metav1.NamespaceDefault).Get(ctx, "default", metav1.GetOptions{})
		if err == nil {
			_, err = core.ConfigMaps(metav1.NamespaceDefault).Get(ctx, "kube-root-ca.crt", metav1.GetOptions{})
		}
		return err == nil, nil
	})
	if err != nil {
		return fmt.Errorf("wait for the default service account: %w", context.Cause(ctx))
	}
	return nil
}
