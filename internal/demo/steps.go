package demo

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/base64"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/roadstead/roadstead/internal/stage"
)

//go:embed workload.yaml
var workload string

//go:embed catalog.yaml
var catalog string

// step is one scene: what it does, and how to tell that it worked.
type step struct {
	title string
	do    func(ctx context.Context) (outcome string, err error)
	check func(ctx context.Context) error
}

func (s *show) steps() []step {
	const project, environment = "acme/shop", "production"
	where := []string{"--project", project, "--environment", environment}
	return []step{
		{"start a Kubernetes cluster (devcluster)", s.startCluster, nil},
		{"start the server", s.startServer, s.checkHealth},
		{"give Roadstead an account in the cluster", s.grantAccount, nil},
		{"attach the cluster", s.attach, s.checkConnected("demo")},
		{"create group acme", s.cli("group", "create", "acme"), nil},
		{"create project acme/shop", s.cli("project", "create", project), nil},
		{"provision its environment production", s.cli(append([]string{"namespace", "ensure"}, where...)...), s.checkNamespace},
		{"install the application web", s.cli("app", "install", "web", "--cluster", "demo"), s.checkApplication},
		{"read the log of its install pod", s.cli("app", "logs", "web", "--cluster", "demo"), nil},
		{"fetch a kubeconfig for the environment", s.fetchKubeconfig(where), s.checkTenant},
		{"deploy a workload with it", s.deploy, s.checkWorkload},
		{"see its pods live", s.pods(where), s.checkPods},
	}
}

func (s *show) startCluster(ctx context.Context) (string, error) {
	dir := s.path("cluster")
	args := []string{"up", "--dir", dir, "--installer-bin", filepath.Join(s.Bin, "roadstead-installer")}
	if s.cloud != nil {
		args = append(args, "--authentication-webhook", s.cloud.WebhookURL(""), "--nodes", strconv.Itoa(eksNodes))
	}
	p, err := stage.Start(ctx, stage.Command{
		Program: filepath.Join(s.Bin, "devcluster"), Log: s.path("devcluster.log"), Ready: "devcluster ready:", Args: args,
	})
	if err != nil {
		return "", err
	}
	s.cluster, s.kubeconfig = p, filepath.Join(dir, "kubeconfig")
	s.api, s.charts = stage.WordAfter(p.ReadyLine, "api"), stage.WordAfter(p.ReadyLine, "charts")
	return s.api, nil
}

func (s *show) startServer(ctx context.Context) (string, error) {
	if err := os.MkdirAll(s.path("catalog"), 0o700); err != nil {
		return "", err
	}
	entry := strings.ReplaceAll(catalog, "CHARTS", s.charts)
	if err := os.WriteFile(s.path("catalog/web.yaml"), []byte(entry), 0o600); err != nil {
		return "", err
	}
	address, err := stage.FreeAddress(ctx)
	if err != nil {
		return "", err
	}
	p, err := stage.Start(ctx, stage.Command{
		Program: filepath.Join(s.Bin, "roadstead"), Log: s.path("roadstead.log"), Ready: "serving",
		Args: []string{"serve", "--data-dir", s.path("data"), "--listen", address},
		Env: append([]string{
			"ROADSTEAD_ADMIN_TOKEN=" + s.token, "ROADSTEAD_CATALOG_DIR=" + s.path("catalog"), "ROADSTEAD_EGRESS_ALLOW=" + s.egress(),
		}, s.settings...),
	})
	if err != nil {
		return "", err
	}
	s.server, s.address = p, "http://"+address
	return s.address, nil
}

// egress opens the addresses of the other servers on the stage.
func (s *show) egress() string {
	rules := stage.EgressRule(s.api) + "," + stage.EgressRule(s.charts)
	if s.cloud != nil {
		rules += "," + stage.EgressRule(s.cloud.Endpoint())
	}
	return rules
}

// grantAccount does what a cluster administrator does: applies the printed
// manifest and reads the token it makes.
func (s *show) grantAccount(ctx context.Context) (string, error) {
	manifest, err := s.run(ctx, "cluster", "manifest", "--features", "namespaces,applications,live")
	if err != nil {
		return "", err
	}
	applied, err := s.kubectl(ctx, s.kubeconfig, manifest, "apply", "-f", "-")
	if err != nil {
		return "", err
	}
	encoded, err := retry(ctx, func() (string, error) {
		out, err := s.kubectl(ctx, s.kubeconfig, "", "get", "secret", "roadstead-token", "-n", "roadstead", "-o", "jsonpath={.data.token}")
		if err == nil && out == "" {
			err = fmt.Errorf("the token Secret is still empty")
		}
		return out, err
	})
	if err != nil {
		return "", err
	}
	token, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return "", fmt.Errorf("decode the token: %w", err)
	}
	return fmt.Sprintf("%d objects applied", strings.Count(applied, "\n")), os.WriteFile(s.path("token"), token, 0o600)
}

func (s *show) attach(ctx context.Context) (string, error) {
	return s.run(ctx, "cluster", "add", "demo", "--instance", "--api-url", s.api,
		"--ca-file", s.path("cluster/ca.crt"), "--token-file", s.path("token"))
}

func (s *show) fetchKubeconfig(where []string) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		text, err := s.run(ctx, append([]string{"kubeconfig"}, where...)...)
		if err != nil {
			return "", err
		}
		return "kubectl --kubeconfig tenant.kubeconfig …", os.WriteFile(s.path("tenant.kubeconfig"), []byte(text), 0o600)
	}
}

func (s *show) deploy(ctx context.Context) (string, error) {
	if _, err := s.kubectl(ctx, s.path("tenant.kubeconfig"), workload, "apply", "-f", "-"); err != nil {
		return "", err
	}
	return s.kubectl(ctx, s.path("tenant.kubeconfig"), "", "rollout", "status", "deployment/storefront", "--timeout=60s")
}

// pods asks until the mirror has caught up: the first read of a namespace
// answers at once that nothing is known yet.
func (s *show) pods(where []string) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		return retry(ctx, func() (string, error) {
			out, err := s.run(ctx, append([]string{"pods"}, where...)...)
			if err == nil && strings.Count(out, "storefront-") < 3 {
				err = fmt.Errorf("not all pods are shown:\n%s", out)
			}
			return out, err
		})
	}
}

// cli is a step that is one command.
func (s *show) cli(args ...string) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) { return s.run(ctx, args...) }
}

func (s *show) run(ctx context.Context, args ...string) (string, error) {
	return output(s.command(ctx, args...))
}

func (s *show) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, filepath.Join(s.Bin, "roadstead"), args...)
	cmd.Env = append(os.Environ(), "ROADSTEAD_SERVER="+s.address, "ROADSTEAD_TOKEN="+s.token)
	return cmd
}

func (s *show) kubectl(ctx context.Context, kubeconfig, stdin string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "kubectl", args...)
	cmd.Env = append(os.Environ(), "KUBECONFIG="+kubeconfig, "KUBECACHEDIR="+s.path("kubectl"))
	cmd.Stdin = strings.NewReader(stdin)
	return output(cmd)
}

func output(cmd *exec.Cmd) (string, error) {
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%s: %w\n%s%s", strings.Join(cmd.Args, " "), err, out.String(), errOut.String())
	}
	return out.String(), nil
}

// retry repeats what needs a moment to become true.
func retry(ctx context.Context, try func() (string, error)) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for {
		out, err := try()
		if err == nil {
			return out, nil
		}
		select {
		case <-ctx.Done():
			return "", err
		case <-time.After(200 * time.Millisecond):
		}
	}
}
