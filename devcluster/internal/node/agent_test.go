package node_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes/fake"

	"github.com/roadstead/roadstead/devcluster/internal/node"
	"github.com/roadstead/roadstead/devcluster/internal/pki"
	"github.com/roadstead/roadstead/devcluster/internal/pod"
	"github.com/roadstead/roadstead/devcluster/internal/simulate"
)

// fixture is an agent whose API server is a map.
type fixture struct {
	client    *fake.Clientset
	authority *pki.Authority
	address   string
}

func newFixture(t *testing.T) fixture {
	t.Helper()
	authority, err := pki.NewAuthority("test")
	if err != nil {
		t.Fatal(err)
	}
	pair, err := authority.Server("kubelet", "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	cert, err := pair.TLS()
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f := fixture{client: fake.NewClientset(), authority: authority, address: listener.Addr().String()}
	agent, err := node.Start(t.Context(), node.Config{
		Client: f.client, Nodes: 2, Version: "v1.2.3",
		Runtime:  func(*corev1.Container) pod.Runtime { return simulate.Runtime{} },
		Listener: listener, ClientName: "api-server", Log: slog.New(slog.DiscardHandler),
		TLS: &tls.Config{
			Certificates: []tls.Certificate{cert}, ClientCAs: authority.Pool(), ClientAuth: tls.RequireAndVerifyClientCert,
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := agent.Stop(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	return f
}

func (f fixture) create(t *testing.T, name, node string) {
	t.Helper()
	_, err := f.client.CoreV1().Pods("shop").Create(t.Context(), &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "shop", UID: types.UID(name)},
		Spec: corev1.PodSpec{
			NodeName: node, RestartPolicy: corev1.RestartPolicyAlways,
			Containers: []corev1.Container{{Name: "app", Image: "example.org/app:1"}},
		},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
}

// eventually calls check until it returns no error.
func eventually(t *testing.T, check func() error) {
	t.Helper()
	deadline := time.After(30 * time.Second)
	for {
		err := check()
		if err == nil {
			return
		}
		select {
		case <-time.After(10 * time.Millisecond):
		case <-deadline:
			t.Fatal(err)
		}
	}
}

// running returns the pods that run, by address.
func (f fixture) running(t *testing.T) map[string]corev1.Pod {
	t.Helper()
	pods, err := f.client.CoreV1().Pods("shop").List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	running := map[string]corev1.Pod{}
	for _, p := range pods.Items {
		if p.Status.Phase == corev1.PodRunning {
			running[p.Status.PodIP] = p
		}
	}
	return running
}

func TestPodsOfOurNodesLiveAndGo(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	const count = 30
	for i := range count {
		f.create(t, fmt.Sprintf("ours-%d", i), fmt.Sprintf("devcluster-node-%d", i%2+1))
	}
	f.create(t, "foreign", "another-node")
	eventually(t, func() error {
		if n := len(f.running(t)); n != count {
			return fmt.Errorf("%d pods run with an address of their own, want %d", n, count)
		}
		return nil
	})
	for _, p := range f.running(t) {
		p.DeletionTimestamp = &metav1.Time{Time: time.Now()}
		if _, err := f.client.CoreV1().Pods("shop").Update(t.Context(), &p, metav1.UpdateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, func() error {
		pods, err := f.client.CoreV1().Pods("shop").List(t.Context(), metav1.ListOptions{})
		if err == nil && len(pods.Items) != 1 {
			err = fmt.Errorf("%d pods are left, want the foreign one", len(pods.Items))
		}
		return err
	})
}

// get asks the kubelets' API as a client of a name.
func (f fixture) get(t *testing.T, name, path string) (*http.Response, error) {
	t.Helper()
	pair, err := f.authority.Client(name)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := pair.TLS()
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: f.authority.Pool(), Certificates: []tls.Certificate{cert}}}
	t.Cleanup(transport.CloseIdleConnections)
	return (&http.Client{Transport: transport}).Get("https://" + f.address + path)
}

func TestLogsAreForTheAPIServer(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.create(t, "app", "devcluster-node-1")
	eventually(t, func() error {
		if len(f.running(t)) == 0 {
			return errors.New("the pod does not run")
		}
		return nil
	})
	for _, c := range []struct {
		client, path string
		status       int
	}{
		{"api-server", "/containerLogs/shop/app/app", http.StatusOK},
		{"somebody", "/containerLogs/shop/app/app", http.StatusForbidden},
		{"api-server", "/containerLogs/shop/absent/app", http.StatusNotFound},
		{"api-server", "/containerLogs/shop/app/app?previous=true", http.StatusBadRequest},
		{"api-server", "/containerLogs/shop/app/app?tailLines=some", http.StatusBadRequest},
		{"api-server", "/exec/shop/app/app", http.StatusNotImplemented},
	} {
		response, err := f.get(t, c.client, c.path)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if response.StatusCode != c.status {
			t.Errorf("%s as %s: %s, want %d: %s", c.path, c.client, response.Status, c.status, body)
		}
	}
}
