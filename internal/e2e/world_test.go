package e2e_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/roadstead/roadstead/internal/stage"
	"github.com/roadstead/roadstead/internal/storetest"
)

// world is the Kubernetes cluster that all tests of this package share. Each
// test keeps to names of its own.
type world struct {
	dir     string
	bin     string
	fault   string // the server, built with kill points
	cluster *stage.Process
	api     string
	charts  string
	token   string // of our own account in the cluster
}

var shared world //nolint:gochecknoglobals // made once by TestMain

func TestMain(m *testing.M) {
	flag.Parse()
	if os.Getenv(isolatedVariable) != "" {
		os.Exit(isolated())
	}
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (int, error) {
	dir, err := os.MkdirTemp("", "roadstead-e2e-")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(dir)
	bin := os.Getenv("ROADSTEAD_TEST_BIN")
	if bin == "" {
		bin = "../../bin"
	}
	if bin, err = filepath.Abs(bin); err != nil {
		return 1, err
	}
	shared = world{dir: dir, bin: bin, fault: filepath.Join(dir, "roadstead-fault")}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	if err := shared.open(ctx); err != nil {
		return 1, err
	}
	defer shared.cluster.Stop()
	defer eksPlatform.close()
	return storetest.Run(m), nil
}

func (w *world) open(ctx context.Context) error {
	build := exec.CommandContext(ctx, "go", "build", "-tags", "fault", "-o", w.fault, "../../cmd/roadstead")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if _, err := output(build); err != nil {
		return err
	}
	var err error
	w.cluster, err = stage.Start(ctx, stage.Command{
		Program: filepath.Join(w.bin, "devcluster"), Log: filepath.Join(w.dir, "devcluster.log"), Ready: "devcluster ready:",
		Args: []string{"up", "--dir", filepath.Join(w.dir, "cluster"), "--installer-bin", filepath.Join(w.bin, "roadstead-installer")},
	})
	if err != nil {
		return err
	}
	w.api, w.charts = stage.WordAfter(w.cluster.ReadyLine, "api"), stage.WordAfter(w.cluster.ReadyLine, "charts")
	return w.grantAccount(ctx)
}

// grantAccount applies the manifest that the product prints, and reads the
// token that it makes.
func (w *world) grantAccount(ctx context.Context) error {
	s := &server{bin: filepath.Join(w.bin, "roadstead"), dir: filepath.Join(w.dir, "first"), token: adminToken}
	if err := s.start(ctx); err != nil {
		return err
	}
	defer s.process.Stop()
	text, err := s.cli(ctx, "cluster", "manifest", "--features", "namespaces,applications,live")
	if err != nil {
		return err
	}
	apply := w.kubectlCommand(ctx, "apply", "-f", "-")
	apply.Stdin = strings.NewReader(text)
	if _, err := output(apply); err != nil {
		return err
	}
	for ctx.Err() == nil {
		encoded, err := w.kubectl(ctx, "get", "secret", "roadstead-token", "-n", "roadstead", "-o", "jsonpath={.data.token}")
		if err == nil && encoded != "" {
			token, err := base64.StdEncoding.DecodeString(encoded)
			w.token = string(token)
			return err
		}
		time.Sleep(100 * time.Millisecond) //nolint:forbidigo // the token controller tells nobody when it is done
	}
	return ctx.Err()
}

func (w *world) kubectl(ctx context.Context, args ...string) (string, error) {
	return output(w.kubectlCommand(ctx, args...))
}

func (w *world) kubectlCommand(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "kubectl", args...)
	cmd.Env = kubectlEnv(filepath.Join(w.dir, "cluster"))
	return cmd
}

// kubectlEnv keeps in the cluster's folder what kubectl learns of its API.
func kubectlEnv(dir string) []string {
	return append(os.Environ(), "KUBECONFIG="+filepath.Join(dir, "kubeconfig"), "KUBECACHEDIR="+filepath.Join(dir, "kubectl"))
}

func output(cmd *exec.Cmd) (string, error) {
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	if err := cmd.Run(); err != nil {
		return out.String(), fmt.Errorf("%s: %w\n%s%s", strings.Join(cmd.Args, " "), err, out.String(), errOut.String())
	}
	return out.String(), nil
}
