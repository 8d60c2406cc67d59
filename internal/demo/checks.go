package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

func (s *show) checkHealth(ctx context.Context) error {
	for _, path := range []string{"/healthz", "/readyz", "/metrics", "/api/v1/openapi.json"} {
		if _, err := s.get(ctx, path); err != nil {
			return err
		}
	}
	return nil
}

// checkConnected is a check that the report card of a cluster is green.
func (s *show) checkConnected(name string) func(context.Context) error {
	return func(ctx context.Context) error {
		_, err := retry(ctx, func() (string, error) { return "", s.isConnected(ctx, name) })
		return err
	}
}

func (s *show) isConnected(ctx context.Context, name string) error {
	var c struct {
		Connection struct {
			Status   string `json:"status"`
			Version  string `json:"version"`
			Findings []struct{ Outcome, Check, Code string }
		}
	}
	if err := s.getJSON(ctx, "/api/v1/clusters/"+name, &c); err != nil {
		return err
	}
	for _, f := range c.Connection.Findings {
		if f.Outcome != "ok" {
			return fmt.Errorf("the report card says %s about %s (%s)", f.Outcome, f.Check, f.Code)
		}
	}
	if !strings.HasPrefix(c.Connection.Version, "v1.") || len(c.Connection.Findings) < 5 {
		return fmt.Errorf("the report card is not complete: %+v", c)
	}
	return nil
}

// checkNamespace asks the API server itself what stands there.
func (s *show) checkNamespace(ctx context.Context) error {
	name, err := s.namespace(ctx)
	if err != nil {
		return err
	}
	enforced, err := s.kubectl(ctx, s.kubeconfig, "", "get", "namespace", name, "-o",
		`jsonpath={.metadata.labels.pod-security\.kubernetes\.io/enforce}`)
	if err != nil {
		return err
	}
	if enforced != "restricted" {
		return fmt.Errorf("namespace %s enforces %q", name, enforced)
	}
	objects, err := s.kubectl(ctx, s.kubeconfig, "", "get", "-n", name, "-o", "name",
		"serviceaccounts,rolebindings,resourcequotas,limitranges,networkpolicies")
	if err != nil {
		return err
	}
	account := "serviceaccount/" + name + "-service-account"
	for _, kind := range []string{account, "rolebinding", "resourcequota/", "limitrange/", "networkpolicy"} {
		if !strings.Contains(objects, kind) {
			return fmt.Errorf("namespace %s lacks a %s", name, kind)
		}
	}
	return nil
}

// checkApplication looks for the release, its running pods, and for anything
// that the operation left behind.
func (s *show) checkApplication(ctx context.Context) error {
	releases, err := s.kubectl(ctx, s.kubeconfig, "",
		"get", "secrets", "-A", "-l", "owner=helm,name=web,status=deployed", "-o", "name")
	if err != nil {
		return err
	}
	if strings.Count(releases, "secret/") != 1 {
		return fmt.Errorf("there are these deployed releases of web: %q", releases)
	}
	_, err = retry(ctx, func() (string, error) {
		left, err := s.kubectl(ctx, s.kubeconfig, "", "get", "pods,secrets,serviceaccounts,rolebindings,clusterrolebindings",
			"-A", "-l", "roadstead.dev/operation", "-o", "name")
		if err == nil && strings.TrimSpace(left) != "" {
			err = fmt.Errorf("the operation left behind:\n%s", left)
		}
		return "", err
	})
	return err
}

// checkTenant tries what the tenant may and may not do.
func (s *show) checkTenant(ctx context.Context) error {
	tenant := s.path("tenant.kubeconfig")
	for question, want := range map[string]string{
		"create deployments.apps": "yes", "get secrets": "yes", "create networkpolicies.networking.k8s.io": "no",
		"impersonate serviceaccounts": "no", "create serviceaccounts --subresource=token": "no", "list secrets --all-namespaces": "no",
	} {
		answer, err := s.kubectl(ctx, tenant, "", append([]string{"auth", "can-i"}, strings.Fields(question)...)...)
		if err != nil && want == "yes" {
			return err
		}
		if err == nil && strings.TrimSpace(answer) != want {
			return fmt.Errorf("may the tenant %s? The cluster says %q", question, answer)
		}
	}
	return nil
}

func (s *show) checkWorkload(ctx context.Context) error {
	ready, err := s.kubectl(ctx, s.path("tenant.kubeconfig"), "",
		"get", "deployment", "storefront", "-o", "jsonpath={.status.readyReplicas}")
	if err == nil && ready != "3" {
		err = fmt.Errorf("%q of 3 replicas are ready", ready)
	}
	return err
}

func (s *show) checkPods(ctx context.Context) error {
	_, err := retry(ctx, func() (string, error) {
		var live struct {
			State string `json:"state"`
			Items []struct {
				Name  string `json:"name"`
				Phase string `json:"phase"`
			} `json:"items"`
		}
		if err := s.getJSON(ctx, "/api/v1/projects/acme%2Fshop/environments/production/pods", &live); err != nil {
			return "", err
		}
		if live.State != "live" || len(live.Items) != 3 {
			return "", fmt.Errorf("the mirror is %s with %d pods", live.State, len(live.Items))
		}
		return "", nil
	})
	return err
}

func (s *show) namespace(ctx context.Context) (string, error) {
	var n struct {
		Name  string `json:"name"`
		State string `json:"state"`
	}
	err := s.getJSON(ctx, "/api/v1/projects/acme%2Fshop/environments/production/namespace", &n)
	if err == nil && (n.State != "ready" || n.Name == "") {
		err = fmt.Errorf("the namespace %q is %s", n.Name, n.State)
	}
	return n.Name, err
}

func (s *show) getJSON(ctx context.Context, path string, into any) error {
	body, err := s.get(ctx, path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	return nil
}

func (s *show) get(ctx context.Context, path string) (_ []byte, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.address+path, nil)
	if err != nil {
		return nil, fmt.Errorf("ask for %s: %w", path, err)
	}
	request.Header.Set("Authorization", "Bearer "+s.token)
	answer, err := (&http.Client{}).Do(request)
	if err != nil {
		return nil, fmt.Errorf("ask for %s: %w", path, err)
	}
	defer func() { err = errors.Join(err, answer.Body.Close()) }()
	body, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s answers %s: %s", path, answer.Status, body)
	}
	return body, err
}
