package archtest

import (
	"slices"
	"strings"
	"testing"
)

// homes names the packages that may import a library; a path that ends in a slash stands for all below it.
func homes() map[string][]string {
	objects := []string{"kube", "kubetest", "manifest", "installpod"}
	sql := []string{"store", "store/sqlgen", "storetest", "jobs"}
	return map[string][]string{
		"k8s.io/client-go/":                 {"kube", "kubetest"},
		"k8s.io/":                           objects,
		"sigs.k8s.io/":                      objects,
		"github.com/aws/":                   {"eks", "awstest"},
		"github.com/riverqueue/":            {"jobs"},
		"database/sql/":                     sql,
		"github.com/jackc/":                 sql,
		"github.com/pressly/goose/":         {"store"},
		"modernc.org/":                      {"store", "storetest"},
		"github.com/tink-crypto/":           {"secret"},
		"github.com/danielgtaylor/huma/":    {"api", "apitest"},
		"github.com/spf13/cobra/":           {"cli"},
		"github.com/spf13/pflag/":           {"cli", "config"},
		"github.com/knadh/koanf/":           {"config"},
		"github.com/coreos/go-oidc/":        {"oidc"},
		"golang.org/x/oauth2/":              {"oidc"},
		"github.com/go-jose/":               {"oidc"},
		"github.com/prometheus/":            {"telemetry", "app"},
		"go.opentelemetry.io/":              {"tracing"},
		"go.yaml.in/yaml/":                  {"cluster", "namespace", "application", "cli", "awstest"},
		"github.com/go-viper/mapstructure/": {"config"},
	}
}

// exceptions names the packages through which something leaves past the guard, with the library that dials. It is never
// to where a user says.
func exceptions() map[string]string {
	return map[string]string{
		"github.com/jackc/pgx/v5/pgconn":     "store",   // the operator's database
		"go.opentelemetry.io/otel/exporters": "tracing", // the operator's collector of traces
		// AWS's fixed addresses that hand out a worker's own credentials.
		"github.com/aws/aws-sdk-go-v2/feature/ec2/imds": "eks",
	}
}

// TestOnlyNamedExceptionsDialPastTheGuard looks for the libraries in all that the halves depend on: only the named
// package, and the root that puts it in place, may bring them.
func TestOnlyNamedExceptionsDialPastTheGuard(t *testing.T) {
	t.Parallel()
	for _, pkg := range program(t).ours {
		name := strings.TrimPrefix(pkg.name, "internal/")
		for library, home := range exceptions() {
			brings := slices.ContainsFunc(pkg.Deps, func(dep string) bool { return strings.HasPrefix(dep, library) })
			under := slices.Contains([]string{home, "store/sqlgen", "jobs", "app", "cmd/roadstead"}, name)
			if brings && !under && layerOf(name) != "kit" {
				t.Errorf("%s depends on %s, which dials past the guard: its home is %s", pkg.name, library, home)
			}
		}
	}
}

// homeOf returns the packages that may import a library and whether there is a rule for it. The longest rule wins.
func homeOf(importPath string) (allowed []string, ruled bool) {
	longest := 0
	for library, packages := range homes() {
		if len(library) > longest && strings.HasPrefix(importPath+"/", library) {
			longest, allowed = len(library), packages
		}
	}
	return allowed, longest > 0
}

func TestEveryLibraryHasOneHome(t *testing.T) {
	t.Parallel()
	for _, pkg := range program(t).ours {
		name := strings.TrimPrefix(pkg.name, "internal/")
		for _, imported := range pkg.Imports {
			if allowed, ruled := homeOf(imported); ruled && !slices.Contains(allowed, name) {
				t.Errorf("%s imports %s, whose home is %s", pkg.name, imported, strings.Join(allowed, ", "))
			}
		}
	}
}

func TestHomeOf(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		want  string
		ruled bool
	}{
		"k8s.io/api/core/v1":                    {"manifest", true},
		"k8s.io/client-go/rest":                 {"kube", true},
		"database/sql":                          {"store", true},
		"github.com/danielgtaylor/huma/v2":      {"api", true},
		"github.com/google/uuid":                {"", false},
		"github.com/prometheus/client_golang/x": {"telemetry", true},
	}
	for importPath, test := range tests {
		allowed, ruled := homeOf(importPath)
		if ruled != test.ruled || (ruled && !slices.Contains(allowed, test.want)) {
			t.Errorf("homeOf(%s) = %v, %t; want %s, %t", importPath, allowed, ruled, test.want, test.ruled)
		}
	}
	if allowed, _ := homeOf("k8s.io/client-go/rest"); slices.Contains(allowed, "manifest") {
		t.Error("client-go is allowed where only Kubernetes objects are")
	}
}
