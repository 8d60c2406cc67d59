package kube_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/kube"
	"github.com/roadstead/roadstead/internal/kubetest"
)

func newPods() *corev1.PodList { return &corev1.PodList{} }

// pagedPods serves total pods of a size each, by limit and continue.
func pagedPods(total, size int) kubetest.Answer {
	return func(w http.ResponseWriter, r *http.Request) {
		limit, _ := strconv.Atoi(r.URL.Query().Get("limit"))
		start, _ := strconv.Atoi(r.URL.Query().Get("continue"))
		list := &corev1.PodList{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "PodList"}}
		for i := start; i < min(start+limit, total); i++ {
			list.Items = append(list.Items, corev1.Pod{ObjectMeta: metav1.ObjectMeta{
				Name: fmt.Sprint("pod-", i), Annotations: map[string]string{"a": strings.Repeat("x", size)},
			}})
		}
		if start+limit < total {
			list.Continue = strconv.Itoa(start + limit)
		}
		kubetest.JSON(http.StatusOK, list)(w, r)
	}
}

func TestPagesAdaptToTheirSize(t *testing.T) {
	t.Parallel()
	s := kubetest.NewServer(t)
	s.Answer("GET /api/v1/pods", pagedPods(600, 100<<10)) // 500 of them are 50 MiB
	c, _ := dial(t, s)
	var names []string
	for page, err := range kube.Pages(t.Context(), c, newPods, kube.ListOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range page.Items {
			names = append(names, p.Name)
		}
	}
	if len(names) != 600 || names[599] != "pod-599" {
		t.Errorf("%d pods", len(names))
	}
	var limits []string
	for _, r := range s.Requests() {
		if r.Path == "/api/v1/pods" {
			limits = append(limits, strings.Split(strings.Split(r.Query, "limit=")[1], "&")[0])
		}
	}
	want := []string{"500", "250", "125", "125", "125", "125", "125"}
	if diff := cmp.Diff(want, limits); diff != "" {
		t.Error(diff)
	}
}

func TestPageThatIsTooLargeAtTheLeastSizeEnds(t *testing.T) {
	t.Parallel()
	s := kubetest.NewServer(t)
	s.Answer("GET /api/v1/pods", kubetest.Flood(20<<20, false))
	c, _ := dial(t, s)
	for _, err := range kube.Pages(t.Context(), c, newPods, kube.ListOptions{}) {
		wantCode(t, err, apperr.ClusterResponseTooLarge)
	}
	if n := len(s.Requests()); n > 8 {
		t.Errorf("%d requests", n)
	}
}

func TestRepeatedContinueEndsTheList(t *testing.T) {
	t.Parallel()
	s := kubetest.NewServer(t)
	s.Answer("GET /api/v1/pods", kubetest.JSON(http.StatusOK, &corev1.PodList{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "PodList"}, ListMeta: metav1.ListMeta{Continue: "again"},
		Items: []corev1.Pod{{}},
	}))
	c, _ := dial(t, s)
	pages := 0
	var last error
	for _, err := range kube.Pages(t.Context(), c, newPods, kube.ListOptions{}) {
		pages++
		last = err
	}
	wantCode(t, last, apperr.ClusterBadResponse)
	if pages > 3 {
		t.Errorf("%d pages", pages)
	}
}

func TestEndlessListEnds(t *testing.T) {
	t.Parallel()
	s := kubetest.NewServer(t)
	s.Answer("GET /api/v1/pods", func(w http.ResponseWriter, r *http.Request) {
		n, _ := strconv.Atoi(r.URL.Query().Get("continue"))
		kubetest.JSON(http.StatusOK, &corev1.PodList{
			TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "PodList"}, ListMeta: metav1.ListMeta{Continue: strconv.Itoa(n + 1)},
			Items: make([]corev1.Pod, 20_000),
		})(w, r)
	})
	c, _ := dial(t, s)
	var last error
	for _, err := range kube.Pages(t.Context(), c, newPods, kube.ListOptions{}) {
		last = err
	}
	wantCode(t, last, apperr.ClusterResponseTooLarge)
}

// A list of empty pages has no items to count.
func TestEndlessListOfNothingEnds(t *testing.T) {
	t.Parallel()
	s := kubetest.NewServer(t)
	s.Answer("GET /api/v1/pods", func(w http.ResponseWriter, r *http.Request) {
		n, _ := strconv.Atoi(r.URL.Query().Get("continue"))
		kubetest.JSON(http.StatusOK, &corev1.PodList{
			TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "PodList"}, ListMeta: metav1.ListMeta{Continue: strconv.Itoa(n + 1)},
		})(w, r)
	})
	c, _ := dial(t, s)
	var last error
	for _, err := range kube.Pages(t.Context(), c, newPods, kube.ListOptions{}) {
		last = err
	}
	wantCode(t, last, apperr.ClusterBadResponse)
	if n := len(s.Requests()); n > 20 {
		t.Errorf("%d requests", n)
	}
}

func TestTokenOfTheNextPageIsBounded(t *testing.T) {
	t.Parallel()
	s := kubetest.NewServer(t)
	s.Answer("GET /api/v1/pods", kubetest.JSON(http.StatusOK, &corev1.PodList{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "PodList"}, ListMeta: metav1.ListMeta{Continue: strings.Repeat("a", 1<<20)},
		Items: []corev1.Pod{{}},
	}))
	c, _ := dial(t, s)
	wantCode(t, c.Page(t.Context(), newPods(), kube.ListOptions{}), apperr.ClusterBadResponse)
}
