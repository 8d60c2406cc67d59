package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/roadstead/roadstead/internal/kubetest"
)

// TestAForgottenClusterIsCleanedUpWhenItReturns has a cluster die with a
// namespace, an application and our identity in it. Nobody waits for it: the
// registration is gone at once, and its name and scope are free. When it is
// back, everything of ours goes.
func TestAForgottenClusterIsCleanedUpWhenItReturns(t *testing.T) {
	t.Parallel()
	n, admin := newNames(), newAdministrator(t)
	proxy := kubetest.NewProxy(t, shared.api)
	s := &server{bin: filepath.Join(shared.bin, "roadstead"), dir: t.TempDir(), token: adminToken}
	s.env = []string{"ROADSTEAD_EGRESS_ALLOW=127.0.0.1/32:*"}
	s.addEntry(t, n.app, "web", "")
	s.mustStart(t)
	t.Cleanup(func() { s.process.Kill() })

	attach := s.attachAs(t, admin, n.cluster)
	for i := range attach {
		if attach[i] == shared.api {
			attach[i] = proxy.URL
		}
	}
	s.moveIn(t, &n, attach)
	admin.leaves(t)

	proxy.Cut(0)
	if err := s.remove(t, n, "mode=forget&applications=true"); err != nil {
		t.Fatal(err)
	}
	if known, err := s.knows("/api/v1/clusters/" + n.cluster); err != nil || known {
		t.Errorf("the cluster is still known: %v %v", known, err)
	}
	if out := s.must(t, "cluster", "list"); strings.Contains(out, n.cluster) {
		t.Errorf("the cluster is still listed:\n%s", out)
	}
	s.must(t, s.attachArgs(t, n.cluster)...) // the same name, and the scope of all environments
	eventually(t, settled, func() error { return s.said("work waits for its cluster") })
	if _, err := shared.kubectl(t.Context(), append([]string{"get", "namespace", n.app}, n.held...)...); err != nil {
		t.Errorf("something went although nobody could have been asked: %v", err)
	}

	proxy.Heal()
	eventually(t, 3*settled, func() error { return s.leftNothing(n) })
}

// moveIn attaches a cluster and has it hold all that we can have in one: our own identity, a namespace and an
// application.
func (s *server) moveIn(t *testing.T, n *names, attach []string) {
	t.Helper()
	s.must(t, append(attach, "--own-identity")...)
	eventually(t, settled, func() error { return s.ownIdentity(*n) })
	s.must(t, "group", "create", n.group)
	s.must(t, "project", "create", n.project)
	s.must(t, "namespace", "ensure", "--project", n.project, "--environment", "production")
	s.must(t, "app", "install", n.app, "--cluster", n.cluster)
	i, err := s.identity(n.cluster)
	if err != nil {
		t.Fatal(err)
	}
	n.held = []string{s.namespaceOf(t, *n), i.Namespace}
}

// leaving reports whether a cluster is known no more, or will soon not be.
func (s *server) leaving(n names) (bool, error) {
	var c struct{ State string }
	status, err := s.get(context.Background(), "/api/v1/clusters/"+n.cluster, &c)
	if status == http.StatusNotFound {
		return true, nil
	}
	return c.State == "removing", err
}

// leftNothing returns nil when a cluster's registration has ended, for us as well, and nothing of ours is in it.
func (s *server) leftNothing(n names) error {
	if err := s.recorded("cluster.forgotten"); err != nil {
		return err
	}
	found, err := shared.kubectl(context.Background(), "get", "-A", "-o", "name",
		"namespaces,clusterroles,clusterrolebindings,roles,rolebindings,leases,configmaps,pods,secrets")
	for _, of := range append([]string{"-" + n.app}, n.held...) {
		if err == nil && strings.Contains(found, of) {
			err = fmt.Errorf("something of %s is left:\n%s", of, found)
		}
	}
	return errors.Join(err, releases(n, 0), leftovers(n))
}

// remove ends a registration as the query says.
func (s *server) remove(t *testing.T, n names, query string) error {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodDelete, "http://"+s.address+"/api/v1/clusters/"+n.cluster+"?"+query, nil)
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+s.token)
	answer, err := (&http.Client{}).Do(request)
	if err != nil {
		return err
	}
	if answer.StatusCode >= http.StatusBadRequest {
		err = fmt.Errorf("the removal is answered %s", answer.Status)
	}
	return errors.Join(err, answer.Body.Close())
}

// said reports an error unless the server's log holds the text.
func (s *server) said(text string) error {
	log, err := os.ReadFile(filepath.Join(s.dir, "server.log"))
	if err == nil && !strings.Contains(string(log), text) {
		err = fmt.Errorf("the log does not say %q", text)
	}
	return err
}

// recorded reports an error unless the audit record holds the action.
func (s *server) recorded(action string) error {
	var found struct{ Items []struct{ Action string } }
	status, err := s.get(context.Background(), "/api/v1/audit?action="+action, &found)
	if err == nil && (status != http.StatusOK || len(found.Items) == 0) {
		err = fmt.Errorf("%s is not recorded: %d %+v", action, status, found)
	}
	return err
}
