package manifest_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/manifest"
	"github.com/roadstead/roadstead/internal/namespace"
)

var update = flag.Bool("update", false, "write the golden files anew")

// Whole objects are compared: a label or a verb that changes is a change of
// what people get.
func TestGolden(t *testing.T) {
	t.Parallel()
	spec := namespace.Spec{
		Name: "shop-7-production", ServiceAccount: "shop-7-production-service-account",
		Profile: namespace.Restricted, Owner: "installation/1/7/3", App: "acme-shop", Env: "production",
	}
	admin := spec
	admin.Profile = namespace.GitLab
	for name, objects := range map[string][]runtime.Object{
		"restricted":     tenant(spec, manifest.GrantRole),
		"gitlab":         tenant(admin, manifest.GrantAdmin),
		"shared":         {manifest.RoleBinding(spec, manifest.GrantShared)},
		"lease":          {manifest.LeaseSecret("shop-7-production", "roadstead-lease-9")},
		"cluster-access": manifest.ClusterAccess(cluster.Features()),
		"identity":       manifest.Identity(identity("")),
		"identity-owned": manifest.IdentityAccess(identity("11111111-2222-3333-4444-555555555555")),
		"guardrails":     manifest.ClusterAccess([]cluster.Feature{manifest.Guardrails}),
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

func identity(uid string) cluster.IdentitySpec {
	return cluster.IdentitySpec{
		ClusterID: 5, Namespace: "roadstead-0a1b2c3d-5", Owner: "installation/5", Features: cluster.Features(), UID: uid,
	}
}

func tenant(s namespace.Spec, g manifest.Grant) []runtime.Object {
	objects := []runtime.Object{
		manifest.Namespace(s, "11111111-2222-3333-4444-555555555555"), manifest.ServiceAccount(s), manifest.DefaultServiceAccount(s),
		manifest.Role(s), manifest.RoleBinding(s, g), manifest.ResourceQuota(s), manifest.LimitRange(s),
	}
	for _, p := range manifest.NetworkPolicies(s) {
		objects = append(objects, p)
	}
	return objects
}

func golden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

func TestParseFeatures(t *testing.T) {
	t.Parallel()
	known, unknown := manifest.ParseFeatures("namespaces, live,guardrails,teleport")
	if diff := cmp.Diff([]cluster.Feature{cluster.Namespaces, cluster.Live, manifest.Guardrails}, known); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"teleport"}, unknown); diff != "" {
		t.Error(diff)
	}
}
