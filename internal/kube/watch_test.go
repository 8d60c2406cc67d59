package kube_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/kube"
	"github.com/roadstead/roadstead/internal/kubetest"
)

func event(t *testing.T, kind, name, version string) metav1.WatchEvent {
	t.Helper()
	raw, err := json.Marshal(&corev1.Pod{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"},
		ObjectMeta: metav1.ObjectMeta{Name: name, ResourceVersion: version},
	})
	if err != nil {
		t.Fatal(err)
	}
	return metav1.WatchEvent{Type: kind, Object: runtime.RawExtension{Raw: raw}}
}

func failure(t *testing.T, code int32, reason metav1.StatusReason) metav1.WatchEvent {
	t.Helper()
	raw, err := json.Marshal(metav1.Status{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Status"}, Status: metav1.StatusFailure, Code: code, Reason: reason, Message: marker,
	})
	if err != nil {
		t.Fatal(err)
	}
	return metav1.WatchEvent{Type: "ERROR", Object: runtime.RawExtension{Raw: raw}}
}

func TestWatchGoesOnWhereAConnectionEnded(t *testing.T) {
	t.Parallel()
	s := kubetest.NewServer(t)
	s.Answer("GET /api/v1/namespaces/a/pods", kubetest.Then(
		kubetest.LastEvents(event(t, "ADDED", "one", "11"), event(t, "BOOKMARK", "", "15")),
		kubetest.LastEvents(event(t, "DELETED", "one", "17")),
		kubetest.LastEvents(failure(t, 410, metav1.StatusReasonExpired)),
	))
	c, _ := dial(t, s)
	var got []string
	var last error
	for e, err := range kube.Watch[corev1.Pod](t.Context(), c, kube.WatchOptions{Namespace: "a", ResourceVersion: "10"}) {
		if last = err; err == nil {
			got = append(got, string(e.Type)+" "+e.Object.Name+" "+e.ResourceVersion)
		}
	}
	if diff := cmp.Diff([]string{"ADDED one 11", "BOOKMARK  15", "DELETED one 17"}, got); diff != "" {
		t.Error(diff)
	}
	if !errors.Is(last, kube.ErrExpired) || strings.Contains(last.Error(), "MARKER") {
		t.Errorf("err = %v", last)
	}
	var from []string
	for _, r := range s.Requests() {
		if _, version, ok := strings.Cut(r.Query, "resourceVersion="); ok {
			from = append(from, strings.Split(version, "&")[0])
		}
	}
	if diff := cmp.Diff([]string{"10", "15", "17"}, from); diff != "" {
		t.Error(diff)
	}
}

const protobufWatch = "application/vnd.kubernetes.protobuf;stream=watch"

// A load balancer ends watches in any way it likes: they go on where they were.
func TestWatchOutlivesABrokenConnection(t *testing.T) {
	t.Parallel()
	s := kubetest.NewServer(t)
	cut := func(w http.ResponseWriter, r *http.Request) {
		kubetest.LastEvents(event(t, "ADDED", "one", "11"))(w, r)
		_, _ = w.Write([]byte(`{"type":"MODI`))
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
	s.Answer("GET /api/v1/pods", kubetest.Then(cut, kubetest.Events(event(t, "DELETED", "one", "12"))))
	c, _ := dial(t, s)
	var got []string
	for e, err := range kube.Watch[corev1.Pod](t.Context(), c, kube.WatchOptions{ResourceVersion: "10"}) {
		if err != nil {
			t.Fatal(err)
		}
		if got = append(got, string(e.Type)); len(got) == 2 {
			break
		}
	}
	if diff := cmp.Diff([]string{"ADDED", "DELETED"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestWatchEndsWithCodes(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		answer kubetest.Answer
		want   apperr.Code
	}{
		"403":                  {kubetest.Status(403, "Forbidden", marker), apperr.ClusterForbidden},
		"410":                  {kubetest.Status(410, "Expired", marker), apperr.ClusterConflict},
		"error event":          {kubetest.LastEvents(failure(t, 500, metav1.StatusReasonInternalError)), apperr.ClusterServerError},
		"not JSON":             {kubetest.Text(200, "application/json", marker), apperr.ClusterBadResponse},
		"HTML":                 {kubetest.Text(200, "text/html", marker), apperr.ClusterBadResponse},
		"other object":         {kubetest.LastEvents(metav1.WatchEvent{Type: "ADDED", Object: runtime.RawExtension{Raw: []byte(`{"apiVersion":"v1","kind":"Node"}`)}}), apperr.ClusterBadResponse},
		"large frame":          {kubetest.LastEvents(event(t, "ADDED", strings.Repeat("a", 2<<20), "1")), apperr.ClusterResponseTooLarge},
		"deep frame":           {kubetest.Text(200, "application/json", `{"type":"ADDED","object":`+strings.Repeat(`{"a":`, 100)), apperr.ClusterBadResponse},
		"endless space":        {kubetest.Text(200, "application/json", strings.Repeat(" ", 2<<20)), apperr.ClusterResponseTooLarge},
		"large protobuf frame": {kubetest.Text(200, protobufWatch, "\x7f\xff\xff\xff"+strings.Repeat("a", 4096)), apperr.ClusterResponseTooLarge},
		"no protobuf":          {kubetest.Text(200, protobufWatch, "\x00\x00\x00\x04aaaa"), apperr.ClusterBadResponse},
		"YAML":                 {kubetest.Text(200, "application/yaml", "type: ADDED\nobject: {}\n"), apperr.ClusterBadResponse},
		"20 MB frame":          {kubetest.Flood(20<<20, false), apperr.ClusterResponseTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := kubetest.NewServer(t)
			s.Answer("GET /api/v1/pods", tc.answer)
			c, _ := dial(t, s)
			for _, err := range kube.Watch[corev1.Pod](t.Context(), c, kube.WatchOptions{}) {
				wantCode(t, err, tc.want)
				if err == nil {
					return
				}
				if strings.Contains(err.Error(), "MARKER") {
					t.Errorf("the error tells what the server said: %v", err)
				}
			}
		})
	}
}

func TestWatchEndsWithItsClient(t *testing.T) {
	t.Parallel()
	s := kubetest.NewServer(t)
	s.Answer("GET /api/v1/pods", kubetest.Events(event(t, "ADDED", "one", "11")))
	c, _ := dial(t, s)
	for _, err := range kube.Watch[corev1.Pod](t.Context(), c, kube.WatchOptions{}) {
		if err != nil {
			wantCode(t, err, apperr.Interrupted)
			return
		}
		c.Close() // the registration changed
	}
	t.Error("the watch ended without saying why")
}

func TestWatchLeavesNothingWhenTheLoopIsLeft(t *testing.T) {
	t.Parallel()
	s := kubetest.NewServer(t)
	left := make(chan struct{})
	s.Answer("GET /api/v1/pods", func(w http.ResponseWriter, r *http.Request) {
		defer close(left)
		kubetest.Events(event(t, "ADDED", "one", "11"))(w, r)
	})
	c, _ := dial(t, s)
	for range kube.Watch[corev1.Pod](t.Context(), c, kube.WatchOptions{}) {
		break
	}
	<-left // the server sees the connection's end
}
