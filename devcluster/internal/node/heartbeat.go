package node

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
)

// The kubelet's defaults: a lease of 40 seconds, renewed every quarter of it.
const (
	leaseSeconds  int32 = 40
	leaseInterval       = 10 * time.Second
)

// heartbeat keeps the leases of all nodes until ctx is done. The node
// controller takes a fresh lease for a healthy node, so the nodes' statuses
// need no renewal.
func heartbeat(ctx context.Context, client kubernetes.Interface, nodes []machine, log *slog.Logger) {
	ticker := time.NewTicker(leaseInterval)
	defer ticker.Stop()
	for {
		for _, node := range nodes {
			if err := renew(ctx, client, node.name); err != nil && ctx.Err() == nil {
				log.WarnContext(ctx, "the lease of a node was not renewed",
					slog.String("node", node.name), slog.Any("error", err))
			}
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

func renew(ctx context.Context, client kubernetes.Interface, name string) error {
	leases := client.CoordinationV1().Leases(corev1.NamespaceNodeLease)
	lease, err := leases.Get(ctx, name, metav1.GetOptions{})
	now := metav1.NowMicro()
	switch {
	case err == nil:
		lease.Spec.RenewTime = &now
		_, err = leases.Update(ctx, lease, metav1.UpdateOptions{})
	case apierrors.IsNotFound(err):
		seconds := leaseSeconds
		_, err = leases.Create(ctx, &coordinationv1.Lease{
			ObjectMeta: metav1.ObjectMeta{Name: name},
			Spec:       coordinationv1.LeaseSpec{HolderIdentity: &name, LeaseDurationSeconds: &seconds, RenewTime: &now},
		}, metav1.CreateOptions{})
	}
	if err != nil {
		return fmt.Errorf("renew the lease of node %s: %w", name, err)
	}
	return nil
}

// waitSchedulable returns once count nodes are ready and without a taint. New
// nodes are tainted until the node controller has seen them ready.
func waitSchedulable(ctx context.Context, client kubernetes.Interface, count int) error {
	err := wait.PollUntilContextCancel(ctx, 50*time.Millisecond, true, func(ctx context.Context) (bool, error) {
		nodes, err := client.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
		return err == nil && untainted(nodes.Items) >= count, nil
	})
	if err != nil {
		return fmt.Errorf("wait for the nodes: %w", context.Cause(ctx))
	}
	return nil
}

func untainted(nodes []corev1.Node) int {
	count := 0
	for i := range nodes {
		if len(nodes[i].Spec.Taints) == 0 {
			count++
		}
	}
	return count
}
