package e2e_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// isolatedVariable tells the test program to be the visitor of a web half in a
// network namespace of their own.
const isolatedVariable = "ROADSTEAD_E2E_ISOLATED"

// visit is what the visitor is told.
type visit struct {
	Bin, Dir, DatabaseURL, Keys string
	Paths, Pages                []string
}

// TestWebHalfAnswersWithoutARoute runs the web half where nothing can be
// dialled: a network namespace with an empty loopback. The database is a socket
// in the file system. Every page and endpoint that reads must answer.
func TestWebHalfAnswersWithoutARoute(t *testing.T) {
	t.Parallel()
	n := newNames()
	h, worker := newHalves(t, n.app)
	h.web.mainJob(t, n)
	h.web.process.Stop()
	worker.process.Stop()

	project := "/api/v1/projects/" + strings.ReplaceAll(n.project, "/", "%2F")
	text, err := json.Marshal(visit{
		Bin: filepath.Join(shared.bin, "roadstead"), Dir: h.web.dir, DatabaseURL: h.url, Keys: h.keys,
		Paths: []string{
			"/api/v1/groups", "/api/v1/projects", project, project + "/environments", project + "/namespaces", n.namespacePath(),
			"/api/v1/clusters", "/api/v1/clusters/" + n.cluster, "/api/v1/clusters/manifest?features=live", "/api/v1/catalog",
			"/api/v1/clusters/" + n.cluster + "/applications", "/api/v1/clusters/" + n.cluster + "/applications/" + n.app,
			"/api/v1/operations/1", "/api/v1/operations/1/log", project + "/environments/production/pods",
			project + "/environments/production/deployments", "/healthz", "/readyz", "/metrics", "/api/v1/openapi.json",
		},
		Pages: []string{"/clusters", "/clusters/1", "/operations/1", "/projects", "/projects/1"},
	})
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	visitor := exec.CommandContext(t.Context(), self)
	visitor.Env = append(os.Environ(), isolatedVariable+"="+string(text))
	visitor.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
	if os.Geteuid() != 0 {
		visitor.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		visitor.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
	}
	out, err := output(visitor)
	if err != nil {
		t.Fatal(err)
	}
	t.Log(out)
}

// isolated is the visitor's side. It returns the exit code.
func isolated() int {
	var v visit
	err := json.Unmarshal([]byte(os.Getenv(isolatedVariable)), &v)
	if err == nil {
		err = v.run()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func (v visit) run() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := raiseLoopback(); err != nil {
		return err
	}
	if err := mustNotDial(ctx); err != nil {
		return err
	}
	s := &server{bin: v.Bin, dir: v.Dir, token: adminToken, args: []string{"--role", "web"}, env: []string{
		"ROADSTEAD_DATABASE_URL=" + v.DatabaseURL, "ROADSTEAD_PUBLIC_KEYSET_FILE=" + filepath.Join(v.Keys, "public"),
		"ROADSTEAD_EGRESS_ALLOW=",
	}}
	if err := s.start(ctx); err != nil {
		return err
	}
	defer s.process.Stop()
	for _, path := range v.Paths {
		if status, err := s.get(ctx, path, nil); err != nil || status != http.StatusOK {
			return fmt.Errorf("%s answers %d: %w", path, status, err)
		}
	}
	browser, err := s.signIn(ctx)
	if err != nil {
		return err
	}
	for _, path := range v.Pages {
		answer, err := browser.Get("http://" + s.address + path)
		if err != nil {
			return err
		}
		answer.Body.Close()
		if answer.StatusCode != http.StatusOK || answer.Request.URL.Path != path {
			return fmt.Errorf("page %s answers %s at %s", path, answer.Status, answer.Request.URL)
		}
	}
	fmt.Printf("%d endpoints and %d pages answered\n", len(v.Paths), len(v.Pages))
	return nil
}

// mustNotDial makes sure of the point of it all.
func mustNotDial(ctx context.Context) error {
	dialer := net.Dialer{Timeout: time.Second}
	for _, address := range []string{"192.0.2.1:443", "10.0.0.1:443"} {
		if conn, err := dialer.DialContext(ctx, "tcp", address); err == nil {
			conn.Close()
			return fmt.Errorf("there is a route to %s", address)
		}
	}
	return nil
}

// raiseLoopback lets the namespace talk to itself.
func raiseLoopback() error {
	if out, err := exec.Command("ip", "link", "set", "lo", "up").CombinedOutput(); err != nil {
		return fmt.Errorf("raise the loopback: %w: %s", err, out)
	}
	return nil
}

func (s *server) signIn(ctx context.Context) (*http.Client, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	browser := &http.Client{Jar: jar, Timeout: 30 * time.Second}
	form := url.Values{"token": {s.token}}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+s.address+"/sign-in", strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := browser.Do(request)
	if err != nil {
		return nil, err
	}
	return browser, answer.Body.Close()
}
