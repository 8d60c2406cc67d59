package main_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	authv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/roadstead/roadstead/installer/internal/pod"
	"github.com/roadstead/roadstead/installer/internal/request"
	"github.com/roadstead/roadstead/installer/internal/verdict"
)

// suite is what all tests share: the program as it is shipped, and one real API server.
type suite struct {
	installer string
	samples   []sample
	admin     *rest.Config
	clients   kubernetes.Interface
}

// bench is set by TestMain, before any test runs.
var bench suite

func TestMain(m *testing.M) {
	code, err := withBench(m.Run)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(code)
}

// withBench builds the program, starts the cluster, runs the tests and stops the cluster.
func withBench(tests func() int) (code int, err error) {
	dir, err := os.MkdirTemp("", "installer-e2e-")
	if err != nil {
		return 1, fmt.Errorf("making a folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	bench.installer = filepath.Join(dir, "roadstead-installer")
	build := exec.Command("go", "build", "-o", bench.installer, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return 1, fmt.Errorf("building the program: %w\n%s", err, out)
	}
	stop, err := startCluster(dir)
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, stop()) }()
	return tests(), nil
}

// devcluster is the binary that the tests need: a real control plane.
func devcluster() string {
	if path := os.Getenv("ROADSTEAD_TEST_DEVCLUSTER"); path != "" {
		return path
	}
	return "../bin/devcluster"
}

// startCluster starts a cluster and waits for the line that says it is ready.
func startCluster(dir string) (stop func() error, err error) {
	path, err := filepath.Abs(devcluster())
	if err != nil {
		return nil, fmt.Errorf("finding devcluster: %w", err)
	}
	cmd := exec.Command(path, "up", "--dir", filepath.Join(dir, "cluster"))
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("preparing devcluster: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting devcluster (build it, or set ROADSTEAD_TEST_DEVCLUSTER): %w", err)
	}
	stop = func() error {
		return errors.Join(cmd.Process.Signal(syscall.SIGTERM), ignoreExit(cmd.Wait()))
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if strings.Contains(lines.Text(), "ready") {
			go func() { _, _ = io.Copy(io.Discard, out) }() // ends with the process
			return stop, errors.Join(connect(filepath.Join(dir, "cluster", "kubeconfig")), listSamples(path, filepath.Join(dir, "cluster")))
		}
	}
	return nil, errors.Join(errors.New("devcluster ended before it was ready"), stop())
}

func ignoreExit(err error) error {
	if _, ok := errors.AsType[*exec.ExitError](err); ok {
		return nil
	}
	return err
}

// sample is a chart that devcluster serves.
type sample struct {
	Name, Version, Repository, OCI, Digest string
}

func listSamples(devcluster, dir string) error {
	out, err := exec.Command(devcluster, "charts", "--dir", dir, "-o", "json").Output()
	if err != nil {
		return fmt.Errorf("listing the sample charts: %w", err)
	}
	if err := json.Unmarshal(out, &bench.samples); err != nil {
		return fmt.Errorf("reading the list of sample charts: %w", err)
	}
	return nil
}

func connect(kubeconfig string) error {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return fmt.Errorf("reading the cluster's kubeconfig: %w", err)
	}
	config.QPS = -1
	bench.admin = config
	if bench.clients, err = kubernetes.NewForConfig(config); err != nil {
		return fmt.Errorf("making a client: %w", err)
	}
	return nil
}

// install is an install pod of a test: its files, and the account it runs as.
type install struct {
	root string
	req  request.Request
}

// result is what an install pod leaves.
type result struct {
	exit    int
	log     string
	verdict verdict.Verdict
}

// newInstall makes a namespace, and a pod for it whose account may do everything.
func newInstall(t *testing.T, release string) *install {
	t.Helper()
	namespace := newNamespace(t, nil)
	account(t, namespace, &rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "cluster-admin"})
	return newPod(t, release, namespace)
}

// newPod makes the files of a pod in a namespace that has an account "installer".
func newPod(t *testing.T, release, namespace string) *install {
	t.Helper()
	i := &install{root: t.TempDir(), req: request.Request{
		Operation: "op-1", Action: request.Install, Application: "app", Release: release, Namespace: namespace,
		TimeoutSeconds: 60, Wait: request.WaitWatcher,
	}}
	files := pod.Layout{Root: i.root}
	i.write(t, files.Token(), mint(t, namespace))
	i.write(t, files.CA(), string(bench.admin.CAData))
	i.write(t, files.Termination(), "")
	return i
}

func newNamespace(t *testing.T, labels map[string]string) string {
	t.Helper()
	namespaces := bench.clients.CoreV1().Namespaces()
	made, err := namespaces.Create(t.Context(), &corev1.Namespace{
		ObjectMeta: metav1.ObjectMeta{GenerateName: "e2e-", Labels: labels},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = namespaces.Delete(context.Background(), made.Name, metav1.DeleteOptions{}) })
	return made.Name
}

// account makes the account "installer" of a namespace; with a role it is bound to it in the whole cluster.
func account(t *testing.T, namespace string, role *rbacv1.RoleRef) {
	t.Helper()
	_, err := bench.clients.CoreV1().ServiceAccounts(namespace).Create(t.Context(), &corev1.ServiceAccount{
		ObjectMeta: metav1.ObjectMeta{Name: "installer"},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if role == nil {
		return
	}
	bindings := bench.clients.RbacV1().ClusterRoleBindings()
	made, err := bindings.Create(t.Context(), &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{GenerateName: "e2e-"}, RoleRef: *role,
		Subjects: []rbacv1.Subject{{Kind: "ServiceAccount", Name: "installer", Namespace: namespace}},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = bindings.Delete(context.Background(), made.Name, metav1.DeleteOptions{}) })
}

// grant gives the account "installer" of a namespace rights in it.
func grant(t *testing.T, namespace string, rules ...rbacv1.PolicyRule) {
	t.Helper()
	name := metav1.ObjectMeta{GenerateName: "e2e-"}
	role := &rbacv1.Role{ObjectMeta: name, Rules: rules}
	role, err := bench.clients.RbacV1().Roles(namespace).Create(t.Context(), role, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	binding := &rbacv1.RoleBinding{
		ObjectMeta: name,
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: role.Name},
		Subjects:   []rbacv1.Subject{{Kind: "ServiceAccount", Name: "installer", Namespace: namespace}},
	}
	if _, err := bench.clients.RbacV1().RoleBindings(namespace).Create(t.Context(), binding, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
}

func mint(t *testing.T, namespace string) string {
	t.Helper()
	r, err := bench.clients.CoreV1().ServiceAccounts(namespace).CreateToken(t.Context(), "installer",
		&authv1.TokenRequest{}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return r.Status.Token
}

func (i *install) write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// chart says which chart the pod installs, from a repository on loopback.
func (i *install) chart(t *testing.T, repository, name, version string) *install {
	t.Helper()
	u, err := url.Parse(repository)
	if err != nil {
		t.Fatal(err)
	}
	i.req.Chart = request.Chart{Repository: repository, Name: name, Version: version}
	i.req.EgressAllow = "127.0.0.1/32:" + u.Port()
	return i
}

// start starts the program.
func (i *install) start(t *testing.T, values, userValues string) *process {
	t.Helper()
	files := pod.Layout{Root: i.root}
	req, err := json.Marshal(i.req)
	if err != nil {
		t.Fatal(err)
	}
	i.write(t, files.Request(), string(req))
	i.write(t, files.Values(), values)
	i.write(t, files.UserValues(), userValues)
	api, err := url.Parse(bench.admin.Host)
	if err != nil {
		t.Fatal(err)
	}
	p := &process{cmd: exec.Command(bench.installer), files: files}
	p.cmd.Env = []string{
		pod.RootVariable + "=" + i.root,
		"KUBERNETES_SERVICE_HOST=" + api.Hostname(), "KUBERNETES_SERVICE_PORT=" + api.Port(),
		"HTTPS_PROXY=http://127.0.0.1:1", "HTTP_PROXY=http://127.0.0.1:1", // must never be used
	}
	p.cmd.Stdout, p.cmd.Stderr = &p.out, &p.errors
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return p
}

// run runs the program to its end.
func (i *install) run(t *testing.T, values, userValues string) result {
	t.Helper()
	return i.start(t, values, userValues).wait(t)
}

// process is a running program.
type process struct {
	cmd    *exec.Cmd
	files  pod.Layout
	out    lockedBuffer
	errors bytes.Buffer
}

// wait waits for the end and reads what is left.
func (p *process) wait(t *testing.T) result {
	t.Helper()
	if err := ignoreExit(p.cmd.Wait()); err != nil {
		t.Fatal(err)
	}
	if p.errors.Len() > 0 {
		t.Errorf("the program wrote to its standard error:\n%s", p.errors.String())
	}
	r := result{exit: p.cmd.ProcessState.ExitCode(), log: p.out.String()}
	text, err := os.ReadFile(p.files.Termination())
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &r.verdict); err != nil {
		t.Fatalf("termination message %q: %v", text, err)
	}
	usage, _ := p.cmd.ProcessState.SysUsage().(*syscall.Rusage)
	t.Logf("peak memory %d KiB, verdict %s\n%s", usage.Maxrss, text, r.log)
	return r
}

// waitFor waits until the log holds a text.
func (p *process) waitFor(t *testing.T, text string) {
	t.Helper()
	for deadline := time.Now().Add(60 * time.Second); ; <-time.After(20 * time.Millisecond) {
		if strings.Contains(p.out.String(), text) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the log never holds %q:\n%s", text, p.out.String())
		}
	}
}

func (i *install) files() pod.Layout { return pod.Layout{Root: i.root} }
