package installpod_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes"

	"github.com/roadstead/roadstead/internal/application"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/installpod"
	"github.com/roadstead/roadstead/internal/kube"
	"github.com/roadstead/roadstead/internal/kubetest"
	"github.com/roadstead/roadstead/internal/manifest"
	"github.com/roadstead/roadstead/internal/secret"
)

func TestMain(m *testing.M) { kubetest.Main(m) }

// timeout bounds whatever a test waits for.
const timeout = time.Minute

// world is a registration of the devcluster, with the rights of the printed
// manifest and no more, and an administrator's second look.
type world struct {
	t       *testing.T
	cs      *kubernetes.Clientset
	clients *kube.Clients
	config  installpod.Config
	runner  *installpod.Runner
	cluster int64
	charts  string
}

// registrations gives each test a cluster id of its own, so that none of them
// owns what another one made.
var registrations atomic.Int64

func newWorld(t *testing.T) *world {
	t.Helper()
	dev := kubetest.Devcluster(t)
	cs, err := dev.Clientset()
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, cs: cs, cluster: registrations.Add(1), charts: chartsOf(t, dev)}
	w.apply(manifest.ClusterAccess([]cluster.Feature{cluster.Applications})...)
	w.clients = kube.NewClients(kube.Config{Guard: kubetest.Guard(), UserAgent: "test", Directory: directory{kube.Target{
		Generation: 1, APIURL: dev.APIURL, CAPEM: dev.CA, Token: secret.NewValue([]byte(w.token())),
	}}})
	t.Cleanup(w.clients.Close)
	w.config = installpod.Config{
		Installation: "0123abcd", Image: "ghcr.io/roadstead/installer:test", EgressAllow: w.egress(dev),
	}
	w.runner = installpod.New(w.clients, w.config)
	return w
}

// egress opens the loopback ports of the devcluster to the installer.
func (w *world) egress(dev *kubetest.Cluster) string {
	api, err := url.Parse(dev.APIURL)
	if err != nil {
		w.t.Fatal(err)
	}
	_, port, _ := strings.Cut(w.charts, ":")
	return "127.0.0.1/32:" + port + ",127.0.0.1/32:" + api.Port()
}

type directory struct{ target kube.Target }

func (directory) Generation(context.Context, int64) (int64, error) { return 1, nil }

func (d directory) Target(_ context.Context, id int64) (kube.Target, error) {
	d.target.Cluster = id
	return d.target, nil
}

// chartsOf is host and port of the sample charts' repository.
func chartsOf(t *testing.T, dev *kubetest.Cluster) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dev.Dir, "charts.json"))
	if err != nil {
		t.Fatal(err)
	}
	var list []struct {
		Repository string `json:"repository"`
	}
	if err := json.Unmarshal(data, &list); err != nil || len(list) == 0 {
		t.Fatalf("read the list of charts: %v", err)
	}
	u, err := url.Parse(list[0].Repository)
	if err != nil {
		t.Fatal(err)
	}
	return u.Host
}

// apply applies objects as the cluster's administrator.
func (w *world) apply(objects ...runtime.Object) {
	w.t.Helper()
	dev := kubetest.Devcluster(w.t)
	admin, err := kube.NewClients(kube.Config{Guard: kubetest.Guard()}).Dial(kube.Target{
		APIURL: dev.APIURL, CAPEM: dev.CA, Token: secret.NewValue([]byte(dev.Token)),
	})
	if err != nil {
		w.t.Fatal(err)
	}
	defer admin.Close()
	for _, o := range objects {
		object, ok := o.(kube.Object)
		if !ok {
			w.t.Fatalf("%T is no object", o)
		}
		if _, err := admin.Apply(w.t.Context(), object); err != nil {
			w.t.Fatal(err)
		}
	}
}

// token waits for the token of our own account.
func (w *world) token() string {
	var token string
	w.eventually("the token of our account", func(ctx context.Context) bool {
		s, err := w.cs.CoreV1().Secrets(cluster.Account).Get(ctx, manifest.TokenSecret, getOptions)
		if err == nil {
			token = string(s.Data[corev1.ServiceAccountTokenKey])
		}
		return token != ""
	})
	return token
}

// eventually waits until the condition holds.
func (w *world) eventually(what string, holds func(ctx context.Context) bool) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), timeout)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !holds(ctx) {
		select {
		case <-ctx.Done():
			w.t.Fatalf("waited %s for %s", timeout, what)
		case <-tick.C:
		}
	}
}

var operations atomic.Int64

// operation is an operation of a sample entry, with names that no other test
// uses.
func (w *world) operation(sample string, action application.Action) application.Operation {
	w.t.Helper()
	text, err := os.ReadFile("../application/testdata/samples/" + sample + ".yaml")
	if err != nil {
		w.t.Fatal(err)
	}
	e, err := application.ParseEntry([]byte(strings.ReplaceAll(string(text), "${CHARTS}", w.charts)))
	if err != nil {
		w.t.Fatal(err)
	}
	e.Name = fmt.Sprintf("%s-%d", e.Name, w.cluster)
	e.Namespace = fmt.Sprintf("%s-%d", e.Namespace, w.cluster)
	return w.again(application.Operation{ClusterID: w.cluster, Entry: e, Version: e.Chart.Version}, action)
}

// again is another operation on the same application.
func (w *world) again(op application.Operation, action application.Action) application.Operation {
	op.ID = operations.Add(1)
	op.Token, op.Action, op.PodUID = fmt.Sprintf("token%03d", op.ID), action, ""
	return op
}

func spec(op application.Operation, values string) application.RunSpec {
	s := application.RunSpec{Operation: op, Remaining: op.Entry.Deadline()}
	if values != "" {
		s.UserValues = []byte(values)
	}
	return s
}

// start runs an operation up to its pod.
func (w *world) start(s application.RunSpec) application.Operation {
	w.t.Helper()
	ctx := w.t.Context()
	missing, err := w.runner.CheckRights(ctx, s.Operation)
	if err != nil || len(missing) > 0 {
		w.t.Fatalf("check rights: missing %v, %v", missing, err)
	}
	if err := w.runner.Prepare(ctx, s); err != nil {
		w.t.Fatalf("prepare: %v", err)
	}
	if s.Operation.PodUID, err = w.runner.Start(ctx, s); err != nil {
		w.t.Fatalf("start: %v", err)
	}
	return s.Operation
}

// end waits for the pod's end.
func (w *world) end(op application.Operation) application.PodFacts {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), timeout)
	defer cancel()
	var last application.PodFacts
	if err := w.runner.Watch(ctx, op, func(f application.PodFacts) { last = f }); err != nil {
		w.t.Fatalf("watch: %v", err)
	}
	return last
}

func (w *world) log(op application.Operation) string {
	w.t.Helper()
	stream, err := w.runner.Log(w.t.Context(), op, false)
	if err != nil {
		w.t.Fatalf("open the log: %v", err)
	}
	defer stream.Close()
	text, err := io.ReadAll(stream)
	if err != nil {
		w.t.Fatalf("read the log: %v", err)
	}
	return string(text)
}

// left lists by kind what the operation left in the cluster.
func (w *world) left(op application.Operation) (kinds []string) {
	w.t.Helper()
	all, err := w.runner.Leftovers(w.t.Context(), w.cluster)
	if err != nil {
		w.t.Fatalf("list leftovers: %v", err)
	}
	for _, l := range all {
		if l.Token == op.Token && l.OperationID == op.ID {
			kinds = append(kinds, l.Kind)
		}
	}
	return kinds
}
