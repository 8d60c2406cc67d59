package kube_test

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/kube"
	"github.com/roadstead/roadstead/internal/kubetest"
	"github.com/roadstead/roadstead/internal/namespace"
	"github.com/roadstead/roadstead/internal/secret"
	"github.com/roadstead/roadstead/internal/workload"
)

// operation does one thing with cluster 7.
type operation func(ctx context.Context, clients *kube.Clients) error

// operations are all that this package does with a cluster, by the name under which it is exported. Adding an
// operation is adding a line here and one to kubetest.Stubs.
func operations() map[string]operation {
	return map[string]operation{
		"Client.Version": client(func(ctx context.Context, c *kube.Client) error { _, err := c.Version(ctx); return err }),
		"Client.Ready":   client(func(ctx context.Context, c *kube.Client) error { return c.Ready(ctx) }),
		"Client.WhoAmI":  client(func(ctx context.Context, c *kube.Client) error { _, err := c.WhoAmI(ctx); return err }),
		"Client.Allowed": client(func(ctx context.Context, c *kube.Client) error {
			_, err := c.Allowed(ctx, []kube.Access{{Verb: "get", Resource: "pods"}})
			return err
		}),
		"Client.Get": client(func(ctx context.Context, c *kube.Client) error { return c.Get(ctx, "shop", "web", &corev1.Pod{}) }),
		"Client.Page": client(func(ctx context.Context, c *kube.Client) error {
			return c.Page(ctx, &corev1.PodList{}, kube.ListOptions{Namespace: "shop"})
		}),
		"Pages":         client(readPages),
		"Watch":         client(readWatch),
		"Client.PodLog": client(readLog),
		"Client.Apply": client(func(ctx context.Context, c *kube.Client) error {
			_, err := c.Apply(ctx, configMap("shop", "web", "v"))
			return err
		}),
		"Client.Create": client(func(ctx context.Context, c *kube.Client) error { return c.Create(ctx, podNamed("web")) }),
		"Client.Delete": client(func(ctx context.Context, c *kube.Client) error {
			return c.Delete(ctx, kube.Ref{Kind: "Pod", Namespace: "shop", Name: "web"}, kube.DeleteOptions{})
		}),
		"Client.CreateToken": client(func(ctx context.Context, c *kube.Client) error {
			_, _, err := c.CreateToken(ctx, "shop", "web", kube.TokenRequest{Lifetime: time.Hour, SecretName: "lease"})
			return err
		}),
		"PodSource.List": func(ctx context.Context, clients *kube.Clients) error {
			_, err := kube.PodSource{Clients: clients}.List(ctx, podsOf("shop"), "", 20)
			return err
		},
		"PodSource.Watch": func(ctx context.Context, clients *kube.Clients) error {
			return untilOpened(ctx, kube.PodSource{Clients: clients}.Watch, podsOf("shop"))
		},
		"DeploymentSource.List": func(ctx context.Context, clients *kube.Clients) error {
			_, err := kube.DeploymentSource{Clients: clients}.List(ctx, deploymentsOf("shop"), "", 20)
			return err
		},
		"DeploymentSource.Watch": func(ctx context.Context, clients *kube.Clients) error {
			return untilOpened(ctx, kube.DeploymentSource{Clients: clients}.Watch, deploymentsOf("shop"))
		},
		"Prober.Poll": func(ctx context.Context, clients *kube.Clients) error {
			_, err := kube.Prober{Clients: clients}.Poll(ctx, 7)
			return err
		},
		"Provisioner.EnsureNamespace": provisioner(func(ctx context.Context, p kube.Provisioner) error {
			_, err := p.EnsureNamespace(ctx, 7, shopSpec("shop"))
			return err
		}),
		"Provisioner.Apply": provisioner(func(ctx context.Context, p kube.Provisioner) error {
			_, err := p.Apply(ctx, 7, shopSpec("shop"), "uid-of-shop")
			return err
		}),
		"Provisioner.DeleteNamespace": provisioner(func(ctx context.Context, p kube.Provisioner) error {
			_, err := p.DeleteNamespace(ctx, 7, "shop", "uid-of-shop")
			return err
		}),
		"Provisioner.Mint": provisioner(func(ctx context.Context, p kube.Provisioner) error {
			_, err := p.Mint(ctx, 7, namespace.TokenSpec{
				Namespace: "shop", ServiceAccount: "shop-service-account", Lease: "lease", Lifetime: time.Hour,
			})
			return err
		}),
		"Provisioner.Revoke": provisioner(func(ctx context.Context, p kube.Provisioner) error {
			return p.Revoke(ctx, 7, "shop", "lease")
		}),
		"Accounts.Missing": accounts(func(ctx context.Context, a kube.Accounts) error {
			_, err := a.Missing(ctx, identitySpec())
			return err
		}),
		"Accounts.Make": accounts(func(ctx context.Context, a kube.Accounts) error {
			_, err := a.Make(ctx, identitySpec())
			return err
		}),
		"Accounts.Token": accounts(func(ctx context.Context, a kube.Accounts) error {
			_, err := a.Token(ctx, identitySpec(), 2)
			return err
		}),
		"Accounts.Prove": accounts(func(ctx context.Context, a kube.Accounts) error {
			_, err := a.Prove(ctx, identitySpec(), secret.NewValue([]byte(kubetest.Token)))
			return err
		}),
		"Accounts.Tidy": accounts(func(ctx context.Context, a kube.Accounts) error { return a.Tidy(ctx, identitySpec(), 2) }),
		"Accounts.Find": accounts(func(ctx context.Context, a kube.Accounts) error {
			_, err := a.Find(ctx, identitySpec())
			return err
		}),
		"Accounts.Remove": accounts(func(ctx context.Context, a kube.Accounts) error {
			return a.Remove(ctx, identitySpec(), "uid-of-roadstead")
		}),
	}
}

func client(do func(ctx context.Context, c *kube.Client) error) operation {
	return func(ctx context.Context, clients *kube.Clients) error {
		c, err := clients.For(ctx, 7)
		if err != nil {
			return err
		}
		return do(ctx, c)
	}
}

func provisioner(do func(ctx context.Context, p kube.Provisioner) error) operation {
	return func(ctx context.Context, clients *kube.Clients) error {
		return do(ctx, kube.Provisioner{Clients: clients})
	}
}

func accounts(do func(ctx context.Context, a kube.Accounts) error) operation {
	return func(ctx context.Context, clients *kube.Clients) error {
		return do(ctx, kube.Accounts{Clients: clients})
	}
}

func identitySpec() cluster.IdentitySpec {
	return cluster.IdentitySpec{ClusterID: 7, Namespace: "roadstead", Owner: "test/7"}
}

func readPages(ctx context.Context, c *kube.Client) error {
	for _, err := range kube.Pages(ctx, c, newPods, kube.ListOptions{Namespace: "shop"}) {
		if err != nil {
			return err
		}
	}
	return nil
}

func readWatch(ctx context.Context, c *kube.Client) error {
	for _, err := range kube.Watch[corev1.Pod](ctx, c, kube.WatchOptions{Namespace: "shop"}) {
		return err
	}
	return ctx.Err()
}

func readLog(ctx context.Context, c *kube.Client) error {
	log, err := c.PodLog(ctx, "shop", "web", "main", kube.LogOptions{})
	if err != nil {
		return err
	}
	defer log.Close()
	_, err = io.Copy(io.Discard, log)
	return err
}

var errOpened = errors.New("opened")

// untilOpened watches until the cluster has accepted it.
func untilOpened[R any](
	ctx context.Context, watch func(context.Context, workload.Key, string, func(workload.Event[R]) error) error, key workload.Key,
) error {
	err := watch(ctx, key, "1", func(workload.Event[R]) error { return errOpened })
	if errors.Is(err, errOpened) {
		return nil
	}
	return err
}

func deploymentsOf(namespace string) workload.Key {
	return workload.Key{Cluster: 7, Kind: workload.Deployments, Scope: namespace}
}

func podNamed(name string) *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: name},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "main", Image: "example.com/app:1"}}},
	}
}

func shopSpec(name string) namespace.Spec {
	return namespace.Spec{
		Name: name, ServiceAccount: name + "-service-account", Profile: namespace.Restricted,
		Owner: "test/7/7/" + name, App: "acme-shop", Env: "production",
	}
}

// TestEveryOperationHasAStub walks what this package exports. A function that takes a context talks to a cluster,
// but for the few that are named.
func TestEveryOperationHasAStub(t *testing.T) {
	t.Parallel()
	exported := exportedOperations(t, "Clients.For", "Clients.Once", "Clients.Run",
		// These are told where to go instead of asking the directory, and are done before a real cluster, made on EKS.
		"Connector.AdmitNodes", "Connector.Dependents", "Connector.DropBalancers", "Connector.Identify", "Connector.Nodes",
		"Connector.Reach",
	)
	if diff := cmp.Diff(exported, slices.Sorted(maps.Keys(operations()))); diff != "" {
		t.Errorf("done by no test (-exported +done):\n%s", diff)
	}
	var stubbed []string
	for _, s := range kubetest.Stubs() {
		stubbed = append(stubbed, s.Operation)
	}
	slices.Sort(stubbed)
	if diff := cmp.Diff(exported, stubbed); diff != "" {
		t.Errorf("without a ready-made answer in kubetest.Stubs (-exported +stubbed):\n%s", diff)
	}
	t.Logf("%d operations", len(exported))
}

// sources is this package as it was compiled.
//
//go:embed *.go
var sources embed.FS

// exportedOperations are the exported functions with a context, sorted, such as "Pages" and "Client.Get".
func exportedOperations(t *testing.T, except ...string) (names []string) {
	t.Helper()
	files, err := fs.Glob(sources, "*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := sources.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, text, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range parsed.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && takesContext(f) && f.Name.IsExported() {
				names = append(names, receiverOf(f)+f.Name.Name)
			}
		}
	}
	names = slices.DeleteFunc(names, func(name string) bool {
		return slices.Contains(except, name) || !ast.IsExported(name)
	})
	slices.Sort(names)
	return names
}

func takesContext(f *ast.FuncDecl) bool {
	if len(f.Type.Params.List) == 0 {
		return false
	}
	selector, ok := f.Type.Params.List[0].Type.(*ast.SelectorExpr)
	return ok && selector.Sel.Name == "Context"
}

func receiverOf(f *ast.FuncDecl) string {
	if f.Recv == nil {
		return ""
	}
	switch at := f.Recv.List[0].Type.(type) {
	case *ast.StarExpr:
		return fmt.Sprint(at.X) + "."
	default:
		return fmt.Sprint(at) + "."
	}
}

func TestStubsAnswerEveryOperation(t *testing.T) {
	t.Parallel()
	notFound := map[string]apperr.Code{ // where 404 is not what it is elsewhere
		"Client.Version": apperr.ClusterBadResponse,                                                              // no API server has none
		"Client.Delete":  "", "Provisioner.Revoke": "", "Provisioner.DeleteNamespace": "", "Accounts.Remove": "", // it is gone: fine
	}
	for name, do := range operations() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := kubetest.NewServer(t)
			s.Stub(name)
			clients, _ := clientsOf(t, target(s, 7, 1))
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			if err := do(ctx, clients); err != nil {
				t.Errorf("ready: %v", err)
			}
			gone, ok := notFound[name]
			if !ok {
				gone = apperr.ClusterNotFound
			}
			for status, want := range map[int]apperr.Code{
				http.StatusNotFound: gone, http.StatusForbidden: apperr.ClusterForbidden, http.StatusInternalServerError: apperr.ClusterServerError,
			} {
				s.Fail(name, status)
				if err := do(ctx, clients); apperr.CodeOf(err) != want {
					t.Errorf("%d: code %q (%v), want %q", status, apperr.CodeOf(err), err, want)
				}
			}
		})
	}
}

// TestRedirectsLeadNowhere answers each request of each operation with every redirect there is.
func TestRedirectsLeadNowhere(t *testing.T) {
	t.Parallel()
	recorder := kubetest.NewRecorder(t, "127.0.0.2")
	statuses := []int{300, 301, 302, 303, 304, 305, 306, 307, 308}
	t.Run("operations", func(t *testing.T) {
		t.Parallel()
		for name, do := range operations() {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				for _, status := range statuses {
					s := kubetest.NewServer(t)
					redirect := kubetest.Redirect(status, "https://"+recorder.Addr+"/api/v1/namespaces/shop/pods/web")
					clients, _ := clientsOf(t, target(s, 7, 1))
					s.Answer("*", redirect)
					wantCode(t, do(t.Context(), clients), apperr.ClusterRedirected)
					s = kubetest.NewServer(t)
					s.Answer(patternOf(t, name), redirect)
					clients, _ = clientsOf(t, target(s, 7, 1))
					wantCode(t, do(t.Context(), clients), apperr.ClusterRedirected)
				}
			})
		}
	})
	t.Cleanup(func() {
		conns, bytes := recorder.Seen()
		t.Logf("%d operations, %d kinds of redirect, at the first and at the deciding request: the other address saw %d connections, %d bytes",
			len(operations()), len(statuses), conns, bytes)
		if conns != 0 || bytes != 0 {
			t.Error("a redirect was followed")
		}
	})
}

func patternOf(t *testing.T, operation string) string {
	t.Helper()
	stubs := kubetest.Stubs()
	i := slices.IndexFunc(stubs, func(s kubetest.Stub) bool { return s.Operation == operation })
	if i < 0 {
		t.Fatalf("no stub of %s", operation)
	}
	return stubs[i].Pattern
}
