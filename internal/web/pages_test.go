package web

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/application"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/namespace"
	"github.com/roadstead/roadstead/internal/tenant"
	"github.com/roadstead/roadstead/internal/workload"
)

// hostile is what a cluster could put into any text it sends.
const hostile = `<script>alert(1)</script>"'><img src=x onerror=alert(1)>`

// Every template is executed with every field in use: templates find their
// mistakes only when they run.
func TestEveryPageRendersHostileTextHarmlessly(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	all, err := parsePages(func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	done := operationFacts{application.Operation{
		ID: 7, Action: application.Install, Phase: application.PhaseFailed, Version: hostile, Code: apperr.HookFailed,
		Detail: []string{hostile}, CreatedAt: now, FinishedAt: now, Entry: application.Entry{Name: "web", Title: hostile},
		Verdict: &application.Verdict{Digest: hostile, Release: application.Release{Name: hostile, Chart: hostile, AppVersion: hostile}},
	}, "Install"}
	views := map[string]any{
		"sign-in": signInView{ReturnTo: hostile, Error: apperr.Of(apperr.Unauthenticated)},
		"error":   errorView{Error: apperr.Of(apperr.NotFound), Correlation: hostile},
		"clusters": clustersView{Next: 3, Rows: []clusterRow{{
			ID: 1, Name: hostile, Level: cluster.Instance, Scope: hostile, Host: hostile, Version: hostile, Connection: aged{status{"good", hostile}, now},
		}}},
		"cluster": clusterView{
			Cluster: cluster.Cluster{ID: 1, Name: hostile}, Failure: apperr.ClusterTimeout, Connection: aged{AsOf: now},
			Findings: []findingView{{Tone: "bad", Title: hostile, Text: hostile, Hint: hostile, Code: apperr.ClusterForbidden, Detail: []string{hostile}}},
			Identity: identityOf(cluster.Identity{
				State: cluster.IdentityRotating, Features: cluster.Features(), Code: apperr.RightsMissing, Detail: []string{hostile}, Since: now,
			}),
			Applications: []applicationView{{
				Name: "web", Title: hostile, Description: hostile, Code: apperr.HookFailed, CanInstall: true, CanUninstall: true, NeedsAdmin: true,
				Operation: &operationLink{ID: 7, Running: true, Steps: []stepView{{hostile, application.StepRunning, "1s"}}},
			}},
		},
		"identity": identityView{
			Cluster: cluster.Cluster{ID: 1, Name: hostile}, Spec: cluster.IdentitySpec{Namespace: hostile}, Manifest: hostile,
			Features: []featureChoice{{cluster.Live, true}},
		},
		"operation": operationView{
			Operation: done, Cluster: cluster.Cluster{ID: 1, Name: hostile}, Sentence: hostile, Hint: hostile, Pod: "install-web",
			Steps: []stepView{{hostile, application.StepFailed, "1s"}}, Lines: []application.LogLine{{Seq: 1, Text: hostile}}, LastSeq: 1,
		},
		"projects": projectsView{Next: 9, Rows: []tenant.Project{{ID: 1, Name: hostile, Path: hostile}}},
		"project": projectView{Project: tenant.Project{ID: 1, Name: hostile, Path: hostile}, Environments: []environmentView{{
			ID: 1, Name: hostile, Topics: "namespace/1", ReadyAt: &now, Namespace: hostile, ClusterID: 1, ClusterName: hostile,
			Profile: namespace.Restricted, Code: apperr.NamespaceForeign, Objects: []namespace.Object{{Kind: "Role", Name: hostile, Code: apperr.ClusterForbidden}},
			Pods: []podView{{workload.Pod{Name: hostile, Node: hostile, Reason: hostile}, status{"bad", hostile}}}, NoPods: hostile,
		}}},
	}
	for name := range all {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			view, ok := views[name]
			if !ok {
				t.Fatal("this page has no fixture")
			}
			var out bytes.Buffer
			if err := all[name].Execute(&out, frame{Title: hostile, Page: name, Path: hostile, SignedIn: true, Name: hostile, View: view}); err != nil {
				t.Fatal(err)
			}
			if strings.Contains(out.String(), "<script>alert") || strings.Contains(out.String(), "<img src=x") {
				t.Errorf("hostile text is markup in:\n%s", out.String())
			}
		})
	}
}
