package node

import (
	"context"
	"fmt"
	"net"
	"runtime"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// machine is one simulated node.
type machine struct {
	name    string
	network network
	version string
	kubelet *net.TCPAddr
}

func newMachine(number int, version string, kubelet net.Addr) machine {
	address, _ := kubelet.(*net.TCPAddr)
	return machine{
		name:    fmt.Sprintf("devcluster-node-%d", number),
		network: networkOf(number), version: version, kubelet: address,
	}
}

// register creates the node, ready from the start.
func (m machine) register(ctx context.Context, client kubernetes.Interface) error {
	_, err := client.CoreV1().Nodes().Create(ctx, m.object(time.Now()), metav1.CreateOptions{})
	if err != nil {
		return fmt.Errorf("register node %s: %w", m.name, err)
	}
	return nil
}

func (m machine) object(now time.Time) *corev1.Node {
	return &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{
			Name: m.name,
			Labels: map[string]string{
				corev1.LabelHostname:   m.name,
				corev1.LabelOSStable:   "linux",
				corev1.LabelArchStable: runtime.GOARCH,
			},
		},
		Spec:   corev1.NodeSpec{PodCIDR: m.network.cidr(), PodCIDRs: []string{m.network.cidr()}},
		Status: m.status(now),
	}
}

// status is that of a healthy machine, large enough that a development cluster
// never runs out of room.
func (m machine) status(now time.Time) corev1.NodeStatus {
	room := corev1.ResourceList{
		corev1.ResourceCPU:              resource.MustParse("1024"),
		corev1.ResourceMemory:           resource.MustParse("4Ti"),
		corev1.ResourceEphemeralStorage: resource.MustParse("10Ti"),
		corev1.ResourcePods:             resource.MustParse("20k"),
	}
	return corev1.NodeStatus{
		Capacity: room, Allocatable: room,
		Conditions: conditions(now),
		Addresses: []corev1.NodeAddress{
			{Type: corev1.NodeInternalIP, Address: m.network.host()},
			{Type: corev1.NodeExternalIP, Address: m.kubelet.IP.String()},
			{Type: corev1.NodeHostName, Address: m.name},
		},
		DaemonEndpoints: corev1.NodeDaemonEndpoints{
			KubeletEndpoint: corev1.DaemonEndpoint{Port: int32(m.kubelet.Port)},
		},
		NodeInfo: corev1.NodeSystemInfo{
			MachineID: m.name, SystemUUID: m.name, BootID: m.name,
			KernelVersion: "simulated", OSImage: "devcluster", OperatingSystem: "linux",
			Architecture: runtime.GOARCH, ContainerRuntimeVersion: "devcluster://1.0.0",
			KubeletVersion: m.version,
		},
	}
}

// conditions says what a healthy kubelet says, in its words.
func conditions(now time.Time) []corev1.NodeCondition {
	at := metav1.Time{Time: now}
	condition := func(kind corev1.NodeConditionType, status corev1.ConditionStatus, reason, message string) corev1.NodeCondition {
		return corev1.NodeCondition{
			Type: kind, Status: status, Reason: reason, Message: message,
			LastHeartbeatTime: at, LastTransitionTime: at,
		}
	}
	return []corev1.NodeCondition{
		condition(corev1.NodeMemoryPressure, corev1.ConditionFalse, "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
		condition(corev1.NodeDiskPressure, corev1.ConditionFalse, "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
		condition(corev1.NodePIDPressure, corev1.ConditionFalse, "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
		condition(corev1.NodeReady, corev1.ConditionTrue, "KubeletReady", "kubelet is posting ready status"),
	}
}
