package archtest

import (
	"path"
	"slices"
	"strings"
	"testing"
)

// layer is a ring of the program. The names are folders below internal.
type layer struct {
	name     string
	packages []string
	// later are packages that the design names and nobody has written yet.
	later []string
}

// layers returns the rings from the innermost to the outermost.
func layers() []layer {
	return []layer{
		{name: "leaf", packages: []string{"apperr", "config", "egress", "event", "fault", "secret", "telemetry", "tracing", "work"}},
		{name: "domain", packages: domainOrder()},
		{
			name:     "adapter",
			packages: []string{"oidc", "manifest", "kube", "installpod", "eks", "jobs", "store"},
		},
		{name: "generated", packages: []string{"store/sqlgen"}},
		{name: "delivery", packages: []string{"web", "api", "gitlabapi", "cli"}},
		{name: "root", packages: []string{"app"}},
		{name: "outside", packages: []string{"stage", "demo"}}, // knows the programs and the API, as a user does
		{name: "kit", packages: []string{"apitest", "awstest", "kubetest", "storetest", "archtest", "e2e"}},
	}
}

// domainOrder lists the domains so that each may import those before it.
func domainOrder() []string {
	return []string{
		"audit", "setting", "tenant", "auth", "cluster", "namespace", "application", "workload", "vault", "provision", "idempotency",
	}
}

// edges are the imports inside a ring, or outward, that are allowed one by one.
func edges() map[string][]string {
	return map[string][]string{
		// A leaf may explain a failure to people. Egress may not: it depends on the standard library only.
		"config":    {"apperr"},
		"secret":    {"apperr"},
		"telemetry": {"apperr"},
		"tracing":   {"apperr", "telemetry"},
		"work":      {"apperr", "fault"},
		// Objects are built by manifest and sent by kube.
		"kube":       {"manifest"},
		"installpod": {"manifest", "kube"},
		"store":      {"store/sqlgen"},
		// The commands read what the API writes, in its types. Main hands them what runs the server.
		"cli": {"config", "api"},
		// A command is a main function only.
		"cmd/roadstead": {"app", "cli", "config"},
		"cmd/demo":      {"demo"},
		// The demo runs the programs as processes, on the same stage as the tests from outside, and before the same fake AWS.
		"demo": {"stage", "awstest"},
	}
}

// mayImport reports whether the rules let one package of ours import another.
func mayImport(from, to string) bool {
	if slices.Contains(edges()[from], to) {
		return true
	}
	target := layerOf(to)
	switch layerOf(from) {
	case "leaf", "generated", "outside":
		return false
	case "domain":
		order := domainOrder()
		return isInnerLeaf(to) || (target == "domain" && slices.Index(order, to) < slices.Index(order, from))
	case "adapter", "delivery":
		return isInnerLeaf(to) || target == "domain"
	case "root":
		return to != "cli" && (target == "leaf" || target == "domain" || target == "adapter" || target == "delivery")
	case "kit":
		return from != "archtest" && target != "root"
	default:
		return false
	}
}

// isInnerLeaf reports whether the package is a leaf that everybody may use. The settings are for app and cli.
func isInnerLeaf(name string) bool {
	return layerOf(name) == "leaf" && name != "config"
}

func layerOf(name string) string {
	for _, layer := range layers() {
		if slices.Contains(layer.packages, name) {
			return layer.name
		}
	}
	return ""
}

func TestEveryPackageHasALayer(t *testing.T) {
	t.Parallel()
	for _, pkg := range program(t).ours {
		if name, internal := strings.CutPrefix(pkg.name, "internal/"); internal && layerOf(name) == "" {
			t.Errorf("%s has no layer: add it to the table in internal/archtest, or choose an existing package", pkg.name)
		}
	}
}

func TestRulesNameOnlyPackagesThatExistOrCome(t *testing.T) {
	t.Parallel()
	exists := map[string]bool{}
	for _, pkg := range program(t).ours {
		exists[strings.TrimPrefix(pkg.name, "internal/")] = true
	}
	for _, layer := range layers() {
		for _, name := range layer.packages {
			switch later := slices.Contains(layer.later, name); {
			case later && exists[name]:
				t.Errorf("%s exists: it is no longer one of the packages that come later", name)
			case !later && !exists[name]:
				t.Errorf("%s is named in the rules and does not exist: mark it as coming later, or drop it", name)
			}
		}
	}
}

func TestImportsFollowTheLayers(t *testing.T) {
	t.Parallel()
	for _, pkg := range program(t).ours {
		from := strings.TrimPrefix(pkg.name, "internal/")
		for _, imported := range pkg.Imports {
			to, ours := strings.CutPrefix(imported, modulePath+"/internal/")
			if ours && !mayImport(from, to) {
				t.Errorf("%s imports %s: %s must not know %s", pkg.name, to, describe(from), describe(to))
			}
		}
	}
}

func TestTestKitsAreForTests(t *testing.T) {
	t.Parallel()
	for _, pkg := range program(t).ours {
		if layerOf(strings.TrimPrefix(pkg.name, "internal/")) == "kit" {
			continue
		}
		for _, dependency := range pkg.Deps {
			name := strings.TrimPrefix(dependency, modulePath+"/internal/")
			if (layerOf(name) == "kit" || dependency == "testing") && !isStaged(pkg.name, name) {
				t.Errorf("%s depends on %s outside its tests", pkg.name, dependency)
			}
		}
	}
}

// isStaged reports whether a package is the demo, which is no part of the product, and the other its fake AWS.
func isStaged(from, to string) bool {
	return (from == "cmd/demo" || from == "internal/demo") && (to == "awstest" || to == "testing")
}

func TestPackagesAreNotNested(t *testing.T) {
	t.Parallel()
	for _, pkg := range program(t).ours {
		if parent := path.Dir(pkg.name); parent != "internal" && parent != "cmd" && pkg.name != "internal/store/sqlgen" {
			t.Errorf("%s: a package is a folder of internal or cmd; below it are files of other kinds", pkg.name)
		}
	}
}

func describe(name string) string {
	if layer := layerOf(name); layer != "" {
		return "the " + layer + " " + name
	}
	return "the command " + name
}

func TestMayImport(t *testing.T) {
	t.Parallel()
	tests := map[[2]string]bool{
		{"web", "namespace"}:        true,
		{"web", "kube"}:             false,
		{"web", "api"}:              false,
		{"cli", "app"}:              false,
		{"app", "store"}:            true,
		{"app", "web"}:              true,
		{"app", "cli"}:              false,
		{"app", "storetest"}:        false,
		{"namespace", "cluster"}:    true,
		{"cluster", "namespace"}:    false,
		{"cluster", "store"}:        false,
		{"cluster", "config"}:       false,
		{"kube", "manifest"}:        true,
		{"manifest", "kube"}:        false,
		{"store", "jobs"}:           false,
		{"store", "work"}:           true,
		{"secret", "apperr"}:        true,
		{"egress", "apperr"}:        false,
		{"event", "tenant"}:         false,
		{"tracing", "telemetry"}:    true,
		{"telemetry", "tracing"}:    false,
		{"storetest", "store"}:      true,
		{"demo", "api"}:             false,
		{"cmd/roadstead", "app"}:    true,
		{"cmd/roadstead", "store"}:  false,
		{"cmd/something", "tenant"}: false,
	}
	for pair, want := range tests {
		if got := mayImport(pair[0], pair[1]); got != want {
			t.Errorf("mayImport(%s, %s) = %t, want %t", pair[0], pair[1], got, want)
		}
	}
}
