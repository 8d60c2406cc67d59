package manifest_test

import (
	"path/filepath"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/roadstead/roadstead/internal/application"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/manifest"
)

// An install pod is compared whole with all that comes with it: a right, a
// mount or a security setting that changes must be looked at.
func TestGoldenInstallPod(t *testing.T) {
	t.Parallel()
	entry := application.Entry{
		Name: "web", Title: "Web", Namespace: "sample-web", PodSecurity: "restricted", Values: "greeting: hello\n",
		Chart: application.ChartRef{Repository: "https://charts.example.test", Name: "web", Version: "1.0.0"},
		Rights: application.Rights{Level: application.RightsNamespaced, Rules: []application.Rule{
			{Groups: []string{"apps"}, Resources: []string{"deployments"}, Verbs: []string{"get", "create"}},
		}},
	}
	platform := entry
	platform.Name, platform.Provides = "platform", []string{application.ProvidesIngress}
	platform.Rights = application.Rights{
		Level: application.RightsCluster, Rules: entry.Rights.Rules,
		ClusterRules: []application.Rule{{NonResourceURLs: []string{"/metrics"}, Verbs: []string{"get"}}},
	}
	admin := entry
	admin.Name, admin.Rights = "admin", application.Rights{Level: application.RightsClusterAdmin}

	for name, objects := range map[string][]runtime.Object{
		"installpod-install":   installObjects(t, entry, application.Install, []byte("replicas: 2\n")),
		"installpod-uninstall": installObjects(t, platform, application.Uninstall, nil),
		"installpod-rights":    append(manifest.ApplicationAccess(platform, cluster.Account), manifest.ApplicationAccess(admin, cluster.Account)...),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := manifest.YAML(objects)
			if err != nil {
				t.Fatal(err)
			}
			golden(t, filepath.Join("testdata", name+".yaml"), got)
		})
	}
}

func installObjects(t *testing.T, e application.Entry, action application.Action, values []byte) []runtime.Object {
	t.Helper()
	s := manifest.InstallSpec{
		Installation: "0123abcd", Image: "registry.example.test/installer:1", PullSecrets: []string{"mirror"},
		EgressAllow: "127.0.0.1/32:8080",
		RunSpec: application.RunSpec{UserValues: values, Remaining: 30 * time.Minute, Operation: application.Operation{
			ID: 9, ClusterID: 7, Token: "abcd2345", Action: action, Entry: e, Version: "1.1.0",
		}},
	}
	owner := metav1.OwnerReference{APIVersion: "v1", Kind: "Pod", Name: "p", UID: "u"}
	secret, err := manifest.InstallSecret(s, owner)
	if err != nil {
		t.Fatal(err)
	}
	objects := []runtime.Object{
		manifest.InstallNamespace(), manifest.ReleaseNamespace(e, ""),
		manifest.InstallLease(s, time.Unix(1_800_000_000, 0).UTC(), time.Hour),
		manifest.InstallAccount(s, owner), secret, manifest.InstallValues(s),
		manifest.InstallRole(s), manifest.InstallRoleBinding(s),
	}
	if binding := manifest.InstallClusterRoleBinding(s); binding != nil {
		objects = append(objects, binding)
	}
	return append(objects, manifest.InstallPod(s))
}
