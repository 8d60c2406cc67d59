package main_test

import (
	"strings"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/roadstead/roadstead/installer/internal/request"
	"github.com/roadstead/roadstead/installer/internal/verdict"
)

// The charts that devcluster serves, each from its HTTP repository and its registry, in a namespace of the
// Pod Security level that a catalog would state.
func TestSampleCharts(t *testing.T) {
	t.Parallel()
	outcomes := map[string]struct {
		level string
		code  verdict.Code // empty: it succeeds
	}{
		"web":                 {level: "restricted"},
		"starter":             {level: "restricted"},
		"platform":            {level: "restricted"},
		"kube-system-binding": {level: "restricted"},
		"privileged-agent":    {level: "privileged"},
		"hook-fails":          {level: "restricted", code: verdict.HookFailed},
		"never-ready":         {level: "restricted", code: verdict.NotReadyInTime},
	}
	if len(bench.samples) == 0 {
		t.Fatal("devcluster serves no charts")
	}
	for _, s := range bench.samples {
		t.Run(s.Name+"-"+s.Version, func(t *testing.T) {
			t.Parallel()
			want, ok := outcomes[s.Name]
			if !ok {
				t.Fatal("nothing is said about this chart")
			}
			for _, repository := range []string{s.Repository, strings.TrimSuffix(s.OCI, "/"+s.Name)} {
				s.try(t, repository, want.level, want.code)
			}
		})
	}
}

// try installs and removes a sample.
func (s sample) try(t *testing.T, repository, level string, code verdict.Code) {
	t.Helper()
	namespace := newNamespace(t, map[string]string{"pod-security.kubernetes.io/enforce": level})
	account(t, namespace, &rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "cluster-admin"})
	pod := newPod(t, s.Name, namespace).chart(t, repository, s.Name, s.Version)
	pod.req.Chart.Digest = s.Digest
	if code == verdict.NotReadyInTime {
		pod.req.TimeoutSeconds = 8
	}
	got := pod.run(t, "", "")
	if code == "" {
		got.succeeded(t)
	} else if got.verdict.Code != code || len(got.verdict.Detail) == 0 {
		t.Errorf("want %s, got %+v", code, got.verdict)
	}
	pod.req.Action = request.Uninstall
	pod.req.TimeoutSeconds = 60
	pod.run(t, "", "").succeeded(t)
}
