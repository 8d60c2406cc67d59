package kube_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/roadstead/roadstead/internal/apperr"
	notice "github.com/roadstead/roadstead/internal/event"
	"github.com/roadstead/roadstead/internal/kube"
	"github.com/roadstead/roadstead/internal/kubetest"
	"github.com/roadstead/roadstead/internal/secret"
	"github.com/roadstead/roadstead/internal/store"
	"github.com/roadstead/roadstead/internal/work"
	"github.com/roadstead/roadstead/internal/workload"
)

// clientsOf returns clients that know one cluster, by the id 7.
func clientsOf(t testing.TB, target kube.Target) (*kube.Clients, *directory) {
	t.Helper()
	target.Cluster, target.Generation = 7, 1
	d := &directory{targets: map[int64]kube.Target{7: target}}
	clients := kube.NewClients(kube.Config{Guard: kubetest.Guard(), UserAgent: "kubetest", Directory: d})
	t.Cleanup(clients.Close)
	return clients, d
}

func podsOf(namespace string) workload.Key {
	return workload.Key{Cluster: 7, Kind: workload.Pods, Scope: namespace}
}

func TestMirrorListsPageByPage(t *testing.T) {
	t.Parallel()
	s := kubetest.NewServer(t)
	remaining := int64(1)
	page := corev1.PodList{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "PodList"},
		ListMeta: metav1.ListMeta{ResourceVersion: "20", Continue: "more", RemainingItemCount: &remaining},
		Items:    []corev1.Pod{{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "a", ResourceVersion: "3"}}},
	}
	last := page
	last.ListMeta = metav1.ListMeta{ResourceVersion: "20"}
	s.Answer("GET /api/v1/namespaces/shop/pods", kubetest.Then(
		kubetest.JSON(http.StatusOK, page), kubetest.JSON(http.StatusOK, last),
		kubetest.Status(http.StatusGone, "Expired", marker), kubetest.Status(http.StatusForbidden, "Forbidden", marker),
	))
	clients, _ := clientsOf(t, target(s, 7, 1))
	source := kube.PodSource{Clients: clients}
	first, err := source.List(t.Context(), podsOf("shop"), "", 20)
	if err != nil || first.Next != "more" || first.Version != "20" || first.Remaining != 1 || first.Items[0].Version != 3 {
		t.Errorf("first page %+v, %v", first, err)
	}
	if second, err := source.List(t.Context(), podsOf("shop"), "more", 500); err != nil || second.Next != "" {
		t.Errorf("last page %+v, %v", second, err)
	}
	if _, err := source.List(t.Context(), podsOf("shop"), "more", 500); !errors.Is(err, workload.ErrExpired) {
		t.Errorf("expired page: %v", err)
	}
	_, err = source.List(t.Context(), podsOf("shop"), "", 20)
	wantCode(t, err, apperr.ClusterForbidden)
	requests := s.Requests()
	if got := requests[len(requests)-3].Query; got != "continue=more&limit=500" {
		t.Errorf("asked for %q", got)
	}
}

func TestMirrorWatchesOneConnection(t *testing.T) {
	t.Parallel()
	s := kubetest.NewServer(t)
	s.Answer("GET /api/v1/namespaces/shop/pods", kubetest.Then(
		kubetest.LastEvents(
			event(t, "ADDED", "a", "21"), event(t, "MODIFIED", "a", "22"), event(t, "BOOKMARK", "", "25"), event(t, "DELETED", "a", "26"),
		),
		kubetest.LastEvents(failure(t, http.StatusGone, metav1.StatusReasonExpired)),
		kubetest.Status(http.StatusUnauthorized, "Unauthorized", marker),
	))
	clients, _ := clientsOf(t, target(s, 7, 1))
	source := kube.PodSource{Clients: clients}
	var got []string
	sink := func(e workload.Event[workload.Pod]) error {
		got = append(got, fmt.Sprint(e.Type, " ", e.Item.Name, " ", e.Item.Version, " ", e.Version))
		return nil
	}
	if err := source.Watch(t.Context(), podsOf("shop"), "20", sink); err != nil {
		t.Fatal(err)
	}
	want := []string{"0  0 ", "1 a 21 21", "1 a 22 22", "3  0 25", "2 a 26 26"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	if err := source.Watch(t.Context(), podsOf("shop"), "20", sink); !errors.Is(err, workload.ErrExpired) {
		t.Errorf("expired: %v", err)
	}
	err := source.Watch(t.Context(), podsOf("shop"), "20", sink)
	wantCode(t, err, apperr.ClusterUnauthorized)
}

func TestMirrorListsAnewWhenTheRegistrationChanges(t *testing.T) {
	t.Parallel()
	s := kubetest.NewServer(t)
	clients, d := clientsOf(t, target(s, 7, 1))
	source := kube.PodSource{Clients: clients}
	err := source.Watch(t.Context(), podsOf("shop"), "20", func(workload.Event[workload.Pod]) error {
		d.set(target(s, 7, 2))
		_, err := clients.For(t.Context(), 7)
		return err
	})
	if !errors.Is(err, workload.ErrExpired) {
		t.Errorf("the watch ended with %v, want that its version is of no use", err)
	}
}

func TestMirrorFollowsARealCluster(t *testing.T) {
	t.Parallel()
	dev := kubetest.Devcluster(t)
	ns := newNamespace(t, admin(t), "kube-mirror")
	cs, err := dev.Clientset()
	if err != nil {
		t.Fatal(err)
	}
	mirror := followReal(t, dev)
	pods := func() map[string]string {
		rows, status, err := mirror.Pods(t.Context(), 7, ns, workload.Page{})
		if err != nil {
			t.Fatal(err)
		}
		found := map[string]string{"": string(status.State)}
		for _, p := range rows {
			found[p.OwnerKind] += fmt.Sprintf("%s %d/%d ", p.Phase, p.Ready, p.Containers)
		}
		return found
	}
	eventually(t, "the empty namespace is live", func() bool { return maps.Equal(pods(), map[string]string{"": "live"}) })

	two, labels := int32(2), map[string]string{"app": "web"}
	deployment := &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: "web"},
		Spec: appsv1.DeploymentSpec{
			Replicas: &two, Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "web", Image: "registry.example/web:1"}}},
			},
		},
	}
	if _, err := cs.AppsV1().Deployments(ns).Create(t.Context(), deployment, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "both pods run", func() bool { return pods()["ReplicaSet"] == "Running 1/1 Running 1/1 " })
	eventually(t, "the deployment is available", func() bool {
		rows, _, err := mirror.Deployments(t.Context(), 7, ns, workload.Page{})
		return err == nil && len(rows) == 1 && rows[0].Available == 2 && rows[0].Wanted == 2 && !rows[0].Outdated
	})
	if err := cs.AppsV1().Deployments(ns).Delete(t.Context(), "web", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the pods are gone", func() bool { return len(pods()) == 1 })
}

// followReal mirrors a real cluster, as the cluster 7, in a store of the test.
func followReal(t testing.TB, dev *kubetest.Cluster) *workload.Mirror {
	t.Helper()
	m, err := store.OpenMirror(t.Context(), filepath.Join(t.TempDir(), "mirror.db"), "")
	if err != nil {
		t.Fatal(err)
	}
	clients, _ := clientsOf(t, kube.Target{APIURL: dev.APIURL, CAPEM: dev.CA, Token: secret.NewValue([]byte(dev.Token))})
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	followers := workload.NewFollowers(workload.FollowersConfig{
		Keys: m, Pod: m.Pods, Deployment: m.Deployments,
		PodSource: kube.PodSource{Clients: clients}, DeploySource: kube.DeploymentSource{Clients: clients},
		Notices: notice.NewBus(), Log: log,
	})
	supervisor := work.NewSupervisor(alone{&sync.Map{}}, "worker", log, followers)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- supervisor.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := errors.Join(<-done, m.Close()); err != nil {
			t.Error(err)
		}
	})
	return &workload.Mirror{Keys: m, Pod: m.Pods, Deployment: m.Deployments, Now: time.Now, Poke: supervisor.Poke}
}

// alone holds every lease: there is no other worker.
type alone struct{ held *sync.Map }

func (a alone) AcquireFollow(_ context.Context, key, _ string, _ time.Duration) (int64, bool, error) {
	epoch := time.Now().UnixNano()
	a.held.Store(key, epoch)
	return epoch, true, nil
}

func (a alone) RenewFollows(context.Context, string, time.Duration) (map[string]int64, error) {
	held := map[string]int64{}
	a.held.Range(func(key, epoch any) bool {
		held[key.(string)] = epoch.(int64)
		return true
	})
	return held, nil
}

func (alone) ReleaseFollow(context.Context, string, string, int64) error { return nil }
