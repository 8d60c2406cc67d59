package release

import (
	"context"
	"strings"
	"testing"

	"github.com/fluxcd/cli-utils/pkg/kstatus/polling/event"
	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	"github.com/fluxcd/cli-utils/pkg/object"
	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/kubernetes/fake"
	"sigs.k8s.io/yaml"

	"github.com/roadstead/roadstead/installer/internal/cluster"
)

// parse makes an object of YAML.
func parse(t *testing.T, text string) *unstructured.Unstructured {
	t.Helper()
	json, err := yaml.YAMLToJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	var u unstructured.Unstructured
	if err := u.UnmarshalJSON(json); err != nil {
		t.Fatal(err)
	}
	return &u
}

// seen is an object as Helm's watch would see it, with its pods.
func seen(t *testing.T, s status.Status, text string, pods ...string) *event.ResourceStatus {
	t.Helper()
	u := parse(t, text)
	rs := &event.ResourceStatus{Identifier: object.UnstructuredToObjMetadata(u), Status: s, Resource: u}
	for _, p := range pods {
		rs.GeneratedResources = append(rs.GeneratedResources, seen(t, status.InProgressStatus, p))
	}
	return rs
}

const (
	web = `{kind: Deployment, apiVersion: apps/v1, metadata: {name: web, namespace: web, generation: 1},
		spec: {replicas: 1}, status: {observedGeneration: 1, conditions: [%]}}`
	crashing = `{kind: Pod, apiVersion: v1, metadata: {name: p}, status: {containerStatuses: [
		{state: {running: {}}}, {state: {waiting: {reason: CrashLoopBackOff}}}]}}`
	starting      = `{kind: Pod, apiVersion: v1, metadata: {name: p}, status: {containerStatuses: [{state: {waiting: {reason: ContainerCreating}}}]}}`
	unschedulable = `{kind: Pod, apiVersion: v1, metadata: {name: p}, status: {conditions: [{type: PodScheduled, status: "False", reason: Unschedulable}]}}`
	hostile       = `{kind: Pod, apiVersion: v1, metadata: {name: p}, status: {containerStatuses: [{state: {waiting: {reason: "<b>not a word"}}}]}}`
	late          = `{type: Progressing, status: "False", reason: ProgressDeadlineExceeded}`
	refusedPods   = `{type: ReplicaFailure, status: "True", reason: FailedCreate, message: 'pods "x" is forbidden: violates PodSecurity "restricted"'}`
	noQuota       = `{type: ReplicaFailure, status: "True", reason: FailedCreate, message: 'pods "x" is forbidden: exceeded quota: q'}`
)

func deployment(condition string) string { return strings.Replace(web, "%", condition, 1) }

func TestExplain(t *testing.T) {
	t.Parallel()
	named := func(reason string) Object {
		return Object{Kind: "Deployment", Namespace: "web", Name: "web", Reason: reason}
	}
	for name, tc := range map[string]struct {
		rs   *event.ResourceStatus
		want missing
	}{
		"pod says it": {
			seen(t, status.InProgressStatus, deployment(""), starting, unschedulable), missing{Object: named("Unschedulable")},
		},
		"pods crash and may recover": {
			seen(t, status.FailedStatus, deployment(""), crashing), missing{Object: named("CrashLoopBackOff"), failed: true, crashed: true},
		},
		"pods crash for too long": {
			seen(t, status.FailedStatus, deployment(late), crashing), missing{Object: named("CrashLoopBackOff"), failed: true},
		},
		"object says it": {
			seen(t, status.InProgressStatus, deployment(""), starting), missing{Object: named("LessReplicas")},
		},
		"pods are refused": {
			seen(t, status.InProgressStatus, deployment(refusedPods)), missing{Object: named("PodSecurity"), refused: true},
		},
		"quota, which may change": {
			seen(t, status.InProgressStatus, deployment(noQuota)), missing{Object: named("ExceededQuota")},
		},
		"reason that is no word": {
			seen(t, status.InProgressStatus, deployment(""), hostile), missing{Object: named("LessReplicas")},
		},
		"object that is not there": {
			&event.ResourceStatus{Status: status.NotFoundStatus, Identifier: object.UnstructuredToObjMetadata(parse(t, deployment("")))},
			missing{Object: named("NotFound")},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := (&lookup{}).explain(t.Context(), tc.rs)
			if diff := cmp.Diff(tc.want, got, cmp.AllowUnexported(missing{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRefusalOfADaemonSetIsInItsEvents(t *testing.T) {
	t.Parallel()
	clients := fake.NewClientset(&corev1.Event{
		ObjectMeta: metav1.ObjectMeta{Name: "e", Namespace: "web"}, Reason: "FailedCreate",
		Message: `Error creating: pods "x" is forbidden: violates PodSecurity "restricted:latest"`,
	})
	l := &lookup{cluster: &cluster.Cluster{Typed: clients}}
	u := parse(t, `{kind: DaemonSet, apiVersion: apps/v1, metadata: {name: web, namespace: web, uid: u-1}}`)
	if got := l.refusal(context.Background(), u); got != "PodSecurity" {
		t.Errorf("got %q", got)
	}
}

func TestOnlyCrashing(t *testing.T) {
	t.Parallel()
	crash, gone, waits := missing{failed: true, crashed: true}, missing{failed: true}, missing{}
	for name, tc := range map[string]struct {
		found []missing
		want  bool
	}{
		"one crashes": {[]missing{crash, waits}, true}, "one has given up": {[]missing{crash, gone}, false}, "nothing is known": {nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := onlyCrashing(tc.found); got != tc.want {
				t.Errorf("got %v", got)
			}
		})
	}
}
