package verdict_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/roadstead/roadstead/installer/internal/chart"
	"github.com/roadstead/roadstead/installer/internal/release"
	"github.com/roadstead/roadstead/installer/internal/values"
	"github.com/roadstead/roadstead/installer/internal/verdict"
)

// judgement is what an error is classified as.
type judgement struct {
	Code   verdict.Code
	Detail []string
}

func classify(err error) judgement {
	code, detail := verdict.Classify(err)
	return judgement{code, detail}
}

// The files hold what an API server of version 1.37 answers.
func TestAnswersOfTheAPIServer(t *testing.T) {
	t.Parallel()
	for file, want := range map[string]judgement{
		"unauthorized":           {verdict.RightsMissing, []string{"authenticate"}},
		"forbidden_resource":     {verdict.RightsMissing, []string{"patch deployments.apps"}},
		"forbidden_core":         {verdict.RightsMissing, []string{"list secrets"}},
		"forbidden_path":         {verdict.RightsMissing, []string{"get /metrics"}},
		"forbidden_escalation":   {verdict.RightsMissing, []string{"grant roles.rbac.authorization.k8s.io more"}},
		"forbidden_pod_security": {verdict.PodRefused, []string{"pods p"}},
		"forbidden_quota":        {verdict.PodRefused, []string{"configmaps b"}},
		"conflict":               {verdict.ReleaseConflict, []string{".data.k"}},
		"admission_policy":       {verdict.InstallFailed, []string{"admission no-services", "services b"}},
		"webhook_unreachable":    {verdict.InstallFailed, []string{"admission gate.example.com"}},
		"invalid": {verdict.InstallFailed, []string{
			"Deployment web", "spec.selector", "spec.template.metadata.labels", "spec.template.spec.containers",
		}},
	} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(filepath.Join("testdata", file+".json"))
			if err != nil {
				t.Fatal(err)
			}
			var answer metav1.Status
			if err := json.Unmarshal(text, &answer); err != nil {
				t.Fatal(err)
			}
			wrapped := fmt.Errorf("applying the chart: %w", &apierrors.StatusError{ErrStatus: answer})
			if diff := cmp.Diff(want, classify(wrapped)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// The texts are those that Helm 4.3 makes.
func TestErrorsOfHelmWithoutType(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		text string
		want judgement
	}{
		"object of somebody else": {
			`unable to continue with install: ConfigMap "shared" in namespace "web" exists and cannot be imported into the current ` +
				`release: invalid ownership metadata; label validation error: missing key "app.kubernetes.io/managed-by": must be set to "Helm"`,
			judgement{verdict.ReleaseConflict, []string{"ConfigMap web/shared"}},
		},
		"cluster-wide object of somebody else": {
			`unable to continue with update: ClusterRole "system:x" in namespace "" exists and cannot be imported into the current release: x`,
			judgement{verdict.ReleaseConflict, []string{"ClusterRole system:x"}},
		},
		"required value": {
			`execution error at (strict/templates/config.yaml:1:3): give a domain`,
			judgement{verdict.ValuesRefused, []string{"strict/templates/config.yaml:1"}},
		},
		"value of a wrong kind": {
			`template: loose/templates/config.yaml:1:10: executing "loose/templates/config.yaml" at <.Values.ingress.host.name>: can't evaluate field name in type interface {}`,
			judgement{verdict.ValuesRefused, []string{"/ingress/host/name"}},
		},
		"broken template": {
			`template: x/templates/a.yaml:1:3: executing "x/templates/a.yaml" at <include "nothing" .>: error calling include: template: no template "nothing"`,
			judgement{verdict.ChartInvalid, []string{"x/templates/a.yaml"}},
		},
		"template that cannot be parsed": {
			`parse error at (x/templates/a.yaml:1): unclosed action`,
			judgement{verdict.ChartInvalid, []string{"x/templates/a.yaml"}},
		},
		"manifest that is no YAML": {
			`YAML parse error on x/templates/a.yaml: error converting YAML to JSON: yaml: line 2`,
			judgement{verdict.ChartInvalid, []string{"x/templates/a.yaml"}},
		},
		"kind that the cluster does not have": {
			`unable to build kubernetes objects from release manifest: resource mapping not found for name: "m" namespace: "" from "": ` +
				`no matches for kind "ServiceMonitor" in version "monitoring.coreos.com/v1"` + "\nensure CRDs are installed first",
			judgement{verdict.InstallFailed, []string{"kind ServiceMonitor in monitoring.coreos.com/v1"}},
		},
		"cluster of another version": {
			`chart requires kubeVersion: >=1.99.0-0 which is incompatible with Kubernetes v1.37.2`,
			judgement{verdict.ChartInvalid, []string{"the Kubernetes version"}},
		},
		"anything else": {`something new`, judgement{verdict.InstallFailed, nil}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, classify(errors.New(tc.text))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestErrorsOfOurs(t *testing.T) {
	t.Parallel()
	object := release.Object{Kind: "Deployment", Namespace: "web", Name: "web", Reason: "ImagePullBackOff"}
	named := []string{"Deployment web/web (ImagePullBackOff)"}
	refusal := &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
	for name, tc := range map[string]struct {
		err  error
		want judgement
	}{
		"values that are said to be the chart's fault": {
			fmt.Errorf("%w: %w", chart.ErrInvalid, &values.RefusedError{Paths: []string{"/a"}}),
			judgement{verdict.ValuesRefused, []string{"/a"}},
		},
		"refused pods behind a hook": {
			&release.HookError{Err: &release.PodRefusedError{Objects: []release.Object{object}}},
			judgement{verdict.PodRefused, named},
		},
		"hook out of time": {
			&release.HookError{Objects: []release.Object{object}, Err: context.DeadlineExceeded},
			judgement{verdict.HookFailed, named},
		},
		"not ready":             {&release.NotReadyError{Objects: []release.Object{object}}, judgement{verdict.NotReadyInTime, named}},
		"repository unreached":  {fmt.Errorf("%w: %w", chart.ErrUnreachable, refusal), judgement{Code: verdict.RepositoryUnreachable}},
		"repository refused":    {fmt.Errorf("%w: %w", chart.ErrAddress, refusal), judgement{Code: verdict.RepositoryAddressRefuse}},
		"cluster unreached":     {refusal, judgement{Code: verdict.ClusterRefused}},
		"cluster silent":        {&net.OpError{Op: "read", Err: os.ErrDeadlineExceeded}, judgement{Code: verdict.ClusterTimeout}},
		"time over in a call":   {fmt.Errorf("applying: %w", context.Canceled), judgement{Code: verdict.NotReadyInTime}},
		"chart of another file": {chart.ErrDigest, judgement{Code: verdict.ChartDigestMismatch}},
		"chart missing":         {chart.ErrNotFound, judgement{Code: verdict.ChartNotFound}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, classify(tc.err)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
