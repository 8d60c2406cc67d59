package e2e_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/roadstead/roadstead/internal/stage"
)

const adminToken = "an administrator's token of more than 32 characters"

// server is one process of the product, with a data folder of its own.
type server struct {
	bin   string
	dir   string
	token string
	env   []string
	args  []string

	address string
	process *stage.Process
}

// newServerWith starts a server whose catalog has the sample web app under the
// given names.
func newServerWith(t *testing.T, entries ...string) *server {
	t.Helper()
	s := &server{bin: filepath.Join(shared.bin, "roadstead"), dir: t.TempDir(), token: adminToken}
	for _, name := range entries {
		s.addEntry(t, name, "web", "")
	}
	s.mustStart(t)
	t.Cleanup(func() { s.process.Kill() })
	return s
}

func (s *server) mustStart(t *testing.T) {
	t.Helper()
	if err := s.start(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func (s *server) start(ctx context.Context) (err error) {
	if s.address == "" {
		if s.address, err = stage.FreeAddress(ctx); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return err
	}
	s.process, err = stage.Start(ctx, stage.Command{
		Program: s.bin, Log: filepath.Join(s.dir, "server.log"), Ready: "msg=serving",
		Args: append([]string{"serve", "--data-dir", filepath.Join(s.dir, "data"), "--listen", s.address}, s.args...),
		Env: append([]string{
			"ROADSTEAD_ADMIN_TOKEN=" + s.token, "ROADSTEAD_CATALOG_DIR=" + s.catalog(),
			"ROADSTEAD_EGRESS_ALLOW=" + stage.EgressRule(shared.api) + "," + stage.EgressRule(shared.charts),
		}, s.env...),
	})
	return err
}

// catalog returns the folder of the test's catalog entries, made when missing.
func (s *server) catalog() string {
	dir := filepath.Join(s.dir, "catalog")
	_ = os.MkdirAll(dir, 0o700) // a folder that is missing shows when the server starts
	return dir
}

// addEntry adds a sample chart of devcluster to the server's folder of catalog
// entries.
func (s *server) addEntry(t testing.TB, name, chart, timeout string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(s.catalog(), name+".yaml"), []byte(entryText(name, chart, timeout)), 0o600); err != nil {
		t.Fatal(err)
	}
}

// entryText is a catalog entry for a sample chart of devcluster, in a namespace
// of its own.
func entryText(name, chart, timeout string) string {
	if timeout == "" {
		timeout = "3m"
	}
	return fmt.Sprintf(`name: %[1]s
title: Sample %[2]s
description: A sample.
chart: {repository: %[3]q, name: %[2]s, version: 1.0.0}
namespace: %[1]s
podSecurity: restricted
timeout: %[4]s
rights:
  level: namespaced
  rules:
    - {groups: [""], resources: [configmaps, services, serviceaccounts, pods], verbs: [get, list, watch, create, update, patch, delete]}
    - {groups: [apps], resources: [deployments, replicasets, daemonsets], verbs: [get, list, watch, create, update, patch, delete]}
    - {groups: [batch], resources: [jobs], verbs: [get, list, watch, create, update, patch, delete]}
`, name, chart, shared.charts, timeout)
}

func (s *server) cli(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, filepath.Join(shared.bin, "roadstead"), args...)
	cmd.Env = append(os.Environ(), "ROADSTEAD_SERVER=http://"+s.address, "ROADSTEAD_TOKEN="+s.token)
	return output(cmd)
}

func (s *server) must(t *testing.T, args ...string) string {
	t.Helper()
	out, err := s.cli(t.Context(), args...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// attachArgs are the arguments that attach the shared cluster under a name.
func (s *server) attachArgs(t testing.TB, name string) []string {
	t.Helper()
	token := filepath.Join(s.dir, "token")
	if err := os.WriteFile(token, []byte(shared.token), 0o600); err != nil {
		t.Fatal(err)
	}
	return []string{
		"cluster", "add", name, "--instance", "--api-url", shared.api,
		"--ca-file", filepath.Join(shared.dir, "cluster", "ca.crt"), "--token-file", token,
	}
}

// attachFast attaches the shared cluster by the API and does not wait.
func (s *server) attachFast(t testing.TB, name string) {
	t.Helper()
	ca, err := os.ReadFile(filepath.Join(shared.dir, "cluster", "ca.crt"))
	if err != nil {
		t.Fatal(err)
	}
	body, err := json.Marshal(map[string]string{
		"name": name, "level": "instance", "environment_scope": name, "api_url": shared.api, "ca": string(ca), "token": shared.token,
	})
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+s.address+"/api/v1/clusters", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+s.token)
	request.Header.Set("Content-Type", "application/json")
	answer, err := (&http.Client{}).Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode >= http.StatusBadRequest {
		text, _ := io.ReadAll(answer.Body)
		t.Fatalf("attaching %s: %s %s", name, answer.Status, text)
	}
}

// get reads a path of the API into a value and returns the status.
func (s *server) get(ctx context.Context, path string, into any) (int, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.address+path, nil)
	if err != nil {
		return 0, err
	}
	request.Header.Set("Authorization", "Bearer "+s.token)
	answer, err := (&http.Client{Timeout: 30 * time.Second}).Do(request)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode >= http.StatusBadRequest || into == nil {
		return answer.StatusCode, err
	}
	return answer.StatusCode, json.Unmarshal(body, into)
}

// eventually repeats a check until it passes, and fails the test with its last
// words when it does not within the limit.
func eventually(t *testing.T, limit time.Duration, check func() error) {
	t.Helper()
	end := time.Now().Add(limit)
	for {
		err := check()
		if err == nil {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("not within %s: %v", limit, err)
		}
		<-time.After(150 * time.Millisecond)
	}
}

// unique returns a name that no other test uses.
func unique(prefix string) string {
	return prefix + "-" + strings.ToLower(rand.Text()[:6])
}
