package installpod_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/application"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/installpod"
	"github.com/roadstead/roadstead/internal/manifest"
)

var getOptions = metav1.GetOptions{}

func verdict(t *testing.T, facts application.PodFacts) application.Verdict {
	t.Helper()
	var v application.Verdict
	if err := json.Unmarshal([]byte(facts.Message), &v); err != nil {
		t.Fatalf("verdict %q: %v", facts.Message, err)
	}
	return v
}

// The whole life of a sample on a real API server, with nothing but the rights
// of the printed manifest.
func TestRunner_installAndUninstall(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	op := w.start(spec(w.operation("web", application.Install), "replicas: 1\n"))
	facts := w.end(op)
	v := verdict(t, facts)
	if v.Outcome != "succeeded" || v.Operation != op.Token || v.Release.ChartVersion != "1.0.0" || v.Digest == "" {
		t.Fatalf("verdict %+v, log:\n%s", v, w.log(op))
	}
	if log := w.log(op); !strings.Contains(log, "seq=1 ") || !strings.Contains(log, "step=done") {
		t.Errorf("log:\n%s", log)
	}
	web, err := w.cs.AppsV1().Deployments(op.Entry.Namespace).Get(t.Context(), op.Entry.Name, getOptions)
	if err != nil || *web.Spec.Replicas != 1 {
		t.Errorf("the deployment with the user's one replica: %v, %v", web.Spec.Replicas, err)
	}

	want := []string{"RoleBinding", "Role", "ServiceAccount", "Secret", "Pod", "Lease"}
	if diff := cmp.Diff(want, w.left(op)); diff != "" {
		t.Errorf("while it runs (-want +got):\n%s", diff)
	}
	for range 2 { // the second time nothing is there any more
		if err := w.runner.Cleanup(t.Context(), op, false); err != nil {
			t.Fatalf("clean up: %v", err)
		}
	}
	if left := w.left(op); len(left) > 0 {
		t.Errorf("left: %v", left)
	}

	op = w.start(spec(w.again(op, application.Uninstall), ""))
	if v := verdict(t, w.end(op)); v.Outcome != "succeeded" {
		t.Fatalf("uninstall: %+v, log:\n%s", v, w.log(op))
	}
	if err := w.runner.Cleanup(t.Context(), op, false); err != nil {
		t.Fatal(err)
	}
	_, err = w.cs.AppsV1().Deployments(op.Entry.Namespace).Get(t.Context(), op.Entry.Name, getOptions)
	if !apierrors.IsNotFound(err) {
		t.Errorf("after the uninstall the deployment: %v", err)
	}
	_, err = w.cs.CoreV1().ConfigMaps(application.PodNamespace).Get(t.Context(), manifest.InstallValuesName(op.Entry.Name), getOptions)
	if !apierrors.IsNotFound(err) {
		t.Errorf("after the uninstall the default values: %v", err)
	}
}

func TestRunner_failedPodIsKeptWithoutItsAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	op := w.start(spec(w.operation("hook-fails", application.Install), ""))
	if v := verdict(t, w.end(op)); v.Code != apperr.HookFailed {
		t.Fatalf("verdict %+v, log:\n%s", v, w.log(op))
	}
	op.Code = apperr.HookFailed
	if err := w.runner.Cleanup(t.Context(), op, true); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"Pod"}, w.left(op)); diff != "" {
		t.Errorf("kept (-want +got):\n%s", diff)
	}
	if w.log(op) == "" {
		t.Error("the kept pod has no log")
	}

	// The next attempt replaces it.
	next := w.start(spec(w.again(op, application.Install), "fail: false\n"))
	if next.PodUID == op.PodUID {
		t.Error("the next attempt got the old pod")
	}
	if v := verdict(t, w.end(next)); v.Outcome != "succeeded" {
		t.Errorf("the next attempt: %+v, log:\n%s", v, w.log(next))
	}
	if facts, err := w.runner.Observe(t.Context(), op); err != nil || facts.Found {
		t.Errorf("the old operation still sees a pod: %+v, %v", facts, err)
	}
}

// Every call may be the last one of a process: the next process repeats it.
func TestRunner_repeated(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := spec(w.operation("web", application.Install), "replicas: 1\n")
	op := w.start(s)
	if again := w.start(s); again.PodUID != op.PodUID {
		t.Errorf("started again, the pod is %s instead of %s", again.PodUID, op.PodUID)
	}
	w.end(op)
	account, err := w.cs.CoreV1().ServiceAccounts(application.PodNamespace).Get(t.Context(), manifest.InstallObjectName(op), getOptions)
	if err != nil || len(account.OwnerReferences) != 1 || string(account.OwnerReferences[0].UID) != op.PodUID {
		t.Errorf("the account is owned by %v, %v; want the pod alone", account.OwnerReferences, err)
	}
	if err := w.runner.Cleanup(t.Context(), op, false); err != nil {
		t.Fatal(err)
	}
}

// A worker that was paused must not run an operation again that has ended.
func TestRunner_lateStart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := spec(w.operation("web", application.Install), "replicas: 1\n")
	op := w.start(s)
	w.end(op)
	if err := w.runner.Cleanup(t.Context(), op, false); err != nil {
		t.Fatal(err)
	}
	if _, err := w.runner.Start(t.Context(), s); apperr.CodeOf(err) != apperr.PodRefused {
		t.Errorf("the late start: %v, want pod_refused", err)
	}
}

func TestRunner_levelCluster(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	op := w.operation("platform", application.Install)
	op.Entry.Rights.ClusterRules = slices.Clone(op.Entry.Rights.ClusterRules)
	missing, err := w.runner.CheckRights(t.Context(), op)
	want := []string{"bind clusterroles.rbac.authorization.k8s.io/" + manifest.InstallClusterRole(op.Entry)}
	if diff := cmp.Diff(want, missing); err != nil || diff != "" {
		t.Fatalf("before the manifest: %v (-want +got):\n%s", err, diff)
	}

	w.apply(manifest.ApplicationAccess(op.Entry, cluster.Account)...)
	done := w.start(spec(op, ""))
	if v := verdict(t, w.end(done)); v.Outcome != "succeeded" {
		t.Errorf("verdict %+v, log:\n%s", v, w.log(done))
	}
	if err := w.runner.Cleanup(t.Context(), done, false); err != nil {
		t.Fatal(err)
	}
	if left := w.left(done); len(left) > 0 {
		t.Errorf("left: %v", left)
	}

	op.Entry.Rights.ClusterRules = append(op.Entry.Rights.ClusterRules, application.Rule{
		Groups: []string{""}, Resources: []string{"nodes"}, Verbs: []string{"delete"},
	})
	missing, err = w.runner.CheckRights(t.Context(), op)
	if err != nil || len(missing) != 1 || !strings.Contains(missing[0], "delete nodes") {
		t.Errorf("the entry needs more by now: missing %v, %v", missing, err)
	}
}

func TestRunner_levelClusterAdminNeedsItsOwnGrant(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	op := w.operation("web", application.Install)
	op.Entry.Rights = application.Rights{Level: application.RightsClusterAdmin}
	missing, err := w.runner.CheckRights(t.Context(), op)
	want := []string{"bind clusterroles.rbac.authorization.k8s.io/cluster-admin"}
	if diff := cmp.Diff(want, missing); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

// Two registrations of one cluster, or two installations, do not disturb each
// other.
func TestRunner_foreign(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := spec(w.operation("web", application.Install), "replicas: 1\n")
	op := w.start(s)
	config := w.config
	config.Installation = "another"
	other := installpod.New(w.clients, config)
	theirs := spec(w.again(op, application.Install), "")

	if err := other.Prepare(t.Context(), theirs); apperr.CodeOf(err) != apperr.OperationForeign {
		t.Errorf("prepared while it runs: %v", err)
	}
	if err := other.Cleanup(t.Context(), theirs.Operation, false); err != nil {
		t.Fatal(err)
	}
	if v := verdict(t, w.end(op)); v.Outcome != "succeeded" {
		t.Errorf("our operation: %+v", v)
	}
	op.Code = apperr.InstallFailed
	if err := w.runner.Cleanup(t.Context(), op, true); err != nil {
		t.Fatal(err)
	}

	// The lease is free, but the kept pod is not theirs to delete.
	if err := other.Prepare(t.Context(), theirs); err != nil {
		t.Fatal(err)
	}
	if _, err := other.Start(t.Context(), theirs); apperr.CodeOf(err) != apperr.OperationForeign {
		t.Errorf("started beside our pod: %v", err)
	}
	if err := other.Cleanup(t.Context(), theirs.Operation, false); err != nil {
		t.Fatal(err)
	}
	left, err := other.Leftovers(t.Context(), w.cluster)
	if err != nil || len(left) > 0 {
		t.Errorf("they see %v as theirs, %v", left, err)
	}
	if diff := cmp.Diff([]string{"Pod"}, w.left(op)); diff != "" {
		t.Errorf("of ours (-want +got):\n%s", diff)
	}
}

// A lease that nobody holds any more stands in nobody's way.
func TestRunner_leaseRunOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	op := w.operation("web", application.Install)
	w.apply(manifest.InstallNamespace(), &coordinationv1.Lease{
		TypeMeta:   metav1.TypeMeta{APIVersion: "coordination.k8s.io/v1", Kind: "Lease"},
		ObjectMeta: metav1.ObjectMeta{Name: manifest.InstallLeaseName(op.Entry.Name), Namespace: application.PodNamespace},
		Spec: coordinationv1.LeaseSpec{
			HolderIdentity: new("gone/1/x"), LeaseDurationSeconds: new(int32(1)),
			RenewTime: new(metav1.NewMicroTime(metav1.Now().AddDate(0, 0, -1))),
		},
	})
	if err := w.runner.Prepare(t.Context(), spec(op, "")); err != nil {
		t.Errorf("prepare: %v", err)
	}
	if err := w.runner.Cleanup(t.Context(), op, false); err != nil {
		t.Fatal(err)
	}
}

func TestRunner_namespaceOfSomebodyElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	op := w.operation("web", application.Install)
	ns := &corev1.Namespace{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Namespace"},
		ObjectMeta: metav1.ObjectMeta{Name: op.Entry.Namespace},
	}
	w.apply(ns)
	if err := w.runner.Prepare(t.Context(), spec(op, "")); apperr.CodeOf(err) != apperr.NamespaceForeign {
		t.Errorf("prepare: %v", err)
	}
	ns.Annotations = map[string]string{application.ApplicationAnnotation: op.Entry.Name}
	w.apply(ns)
	if err := w.runner.Prepare(t.Context(), spec(op, "")); err != nil {
		t.Errorf("prepare after the adoption: %v", err)
	}
	got, err := w.cs.CoreV1().Namespaces().Get(t.Context(), ns.Name, getOptions)
	if err != nil || got.Labels["pod-security.kubernetes.io/enforce"] != "restricted" {
		t.Errorf("labels %v, %v", got.Labels, err)
	}
}

func TestRunner_podThatCannotStart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	config := w.config
	config.Image = "registry.example.test/installer:fail-pull"
	w.runner = installpod.New(w.clients, config)
	op := w.start(spec(w.operation("web", application.Install), ""))
	ctx, cancel := context.WithTimeout(t.Context(), timeout)
	defer cancel()
	var waiting string
	_ = w.runner.Watch(ctx, op, func(f application.PodFacts) {
		if f.Waiting != "" && f.Waiting != "ContainerCreating" {
			waiting = f.Waiting
			cancel()
		}
	})
	if waiting != "ErrImagePull" {
		t.Errorf("waiting for %q", waiting)
	}
	op.Code = apperr.ImagePullFailed
	if err := w.runner.Cleanup(t.Context(), op, true); err != nil {
		t.Fatal(err)
	}
	w.eventually("the pod to go", func(ctx context.Context) bool { return len(w.left(op)) == 0 })
}

func TestRunner_Remove(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	op := w.operation("web", application.Install)
	if err := w.runner.Prepare(t.Context(), spec(op, "")); err != nil {
		t.Fatal(err)
	}
	left, err := w.runner.Leftovers(t.Context(), w.cluster)
	if err != nil || len(left) == 0 {
		t.Fatalf("nothing to remove: %v", err)
	}
	for _, l := range left {
		other := l
		other.UID = "00000000-0000-0000-0000-000000000000"
		if err := w.runner.Remove(t.Context(), w.cluster, other); err != nil {
			t.Errorf("remove another object of the name: %v", err)
		}
	}
	if still, _ := w.runner.Leftovers(t.Context(), w.cluster); len(still) != len(left) {
		t.Errorf("%d of %d objects are left after removing others", len(still), len(left))
	}
	for _, l := range left {
		if err := w.runner.Remove(t.Context(), w.cluster, l); err != nil {
			t.Errorf("remove: %v", err)
		}
	}
	if still := w.left(op); len(still) > 0 {
		t.Errorf("left: %v", still)
	}
}
