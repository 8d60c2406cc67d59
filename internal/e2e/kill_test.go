package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// settled bounds how long the work may take to end after the restart: thirty
// seconds to go on, and what it takes on a busy machine to end.
const settled = 60 * time.Second

// stopLimit is how long a clean stop may take.
const stopLimit = 10 * time.Second

// act is something that must survive a crash at any instant.
type act struct {
	// prepare runs before the kill points count.
	prepare func(t *testing.T, s *server, names *names)
	// request asks for the work without waiting for it.
	request func(names names) []string
	// accepted reports whether the server remembers the request.
	accepted func(s *server, names names) (bool, error)
	// ended returns nil when the right end is reached.
	ended func(s *server, names names) error
}

// names are what one round calls its things.
type names struct {
	cluster, group, project, app string
	// held are the namespaces that we made in the cluster, for acts that take them away.
	held []string
}

func acts() map[string]act {
	attach := func(t *testing.T, s *server, n *names) {
		t.Helper()
		s.must(t, s.attachArgs(t, n.cluster)...)
	}
	return map[string]act{
		"attach": {
			prepare:  func(t *testing.T, s *server, n *names) { t.Helper(); s.attachArgs(t, n.cluster) },
			request:  func(n names) []string { return nil },
			accepted: func(s *server, n names) (bool, error) { return s.knows("/api/v1/clusters/" + n.cluster) },
			ended:    (*server).clusterConnected,
		},
		"namespace": {
			prepare: func(t *testing.T, s *server, n *names) {
				t.Helper()
				attach(t, s, n)
				s.must(t, "group", "create", n.group)
				s.must(t, "project", "create", n.project)
			},
			request: func(n names) []string {
				return []string{"namespace", "ensure", "--project", n.project, "--environment", "production"}
			},
			accepted: func(s *server, n names) (bool, error) { return s.knows(n.namespacePath()) },
			ended:    (*server).namespaceReady,
		},
		"install": {
			prepare:  attach,
			request:  func(n names) []string { return []string{"app", "install", n.app, "--cluster", n.cluster} },
			accepted: (*server).operationKnown,
			ended:    (*server).appInstalled,
		},
		"uninstall": {
			prepare: func(t *testing.T, s *server, n *names) {
				t.Helper()
				attach(t, s, n)
				s.must(t, "app", "install", n.app, "--cluster", n.cluster)
			},
			request:  func(n names) []string { return []string{"app", "uninstall", n.app, "--cluster", n.cluster} },
			accepted: func(s *server, n names) (bool, error) { return s.notInstalled(n) },
			ended:    (*server).appGone,
		},
	}
}

// TestKilledAtEveryInstant kills the server after every commit and every call
// to the cluster that an act makes, one at a time, and expects the restarted
// server to end it rightly. Short of a full run it takes a seeded sample.
func TestKilledAtEveryInstant(t *testing.T) {
	t.Parallel()
	for name, a := range acts() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			points := survive(t, a, 0)
			t.Logf("%s passes %d kill points", name, points)
			if points < 3 {
				t.Fatalf("only %d kill points: they are not compiled in", points)
			}
			for _, k := range sample(t, points) {
				t.Run("k="+strconv.Itoa(k), func(t *testing.T) {
					survive(t, a, k)
				})
			}
		})
	}
}

// sample returns the instants to kill at: all in a full run, else four.
func sample(t *testing.T, points int) []int {
	t.Helper()
	all := make([]int, points)
	for i := range all {
		all[i] = i + 1
	}
	if os.Getenv("ROADSTEAD_TEST_FULL") != "" {
		return all
	}
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("ROADSTEAD_TEST_SEED"); text != "" {
		parsed, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		seed = parsed
	}
	t.Logf("ROADSTEAD_TEST_SEED=%d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all[:min(4, len(all))]
}

// survive runs one act, killing the server at the k-th point, and returns how
// many points it passed. With k = 0 nothing is killed.
func survive(t *testing.T, a act, k int) int {
	t.Helper()
	n := newNames()
	folder := t.TempDir()
	s := &server{bin: shared.fault, dir: t.TempDir(), token: adminToken, env: []string{"ROADSTEAD_FAULT_DIR=" + folder}}
	s.addEntry(t, n.app, "web", "")
	s.mustStart(t)
	t.Cleanup(func() { s.process.Kill() })
	a.prepare(t, s, &n)

	if err := os.WriteFile(filepath.Join(folder, "arm"), []byte(strconv.Itoa(k)), 0o600); err != nil {
		t.Fatal(err)
	}
	args := a.request(n)
	if args == nil {
		args = s.attachArgs(t, n.cluster)
	}
	_, _ = s.cli(t.Context(), append(args, "--no-wait")...) // the server may die before it answers
	if k == 0 {
		eventually(t, settled, func() error { return a.ended(s, n) })
		return tracedPoints(t, folder)
	}
	awaitDeath(t, s, a, n)
	if err := os.Remove(filepath.Join(folder, "arm")); err != nil {
		t.Fatal(err)
	}
	s.mustStart(t)
	if known, err := a.accepted(s, n); err != nil {
		t.Fatal(err)
	} else if !known {
		s.must(t, append(args, "--no-wait")...)
	}
	eventually(t, settled, func() error { return a.ended(s, n) })
	return 0
}

// awaitDeath waits until the kill point was reached, or the act ended without
// reaching it: how often the background looks in differs from run to run.
func awaitDeath(t *testing.T, s *server, a act, n names) {
	t.Helper()
	eventually(t, settled, func() error {
		select {
		case <-s.process.Done():
			return nil
		default:
		}
		if err := a.ended(s, n); err != nil {
			return err
		}
		s.process.Kill()
		return nil
	})
}

func tracedPoints(t *testing.T, folder string) int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(folder, "trace"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Count(string(text), "\n")
}

// knows reports whether a path of the API exists.
func (s *server) knows(path string) (bool, error) {
	status, err := s.get(context.Background(), path, nil)
	if err == nil && status != http.StatusOK && status != http.StatusNotFound {
		err = fmt.Errorf("%s answers %d", path, status)
	}
	return status == http.StatusOK, err
}

func (s *server) clusterConnected(n names) error {
	var c struct {
		Connection struct {
			Version string `json:"version"`
			State   string `json:"state"`
		} `json:"connection"`
	}
	status, err := s.get(context.Background(), "/api/v1/clusters/"+n.cluster, &c)
	if err == nil && (status != http.StatusOK || c.Connection.Version == "") {
		err = fmt.Errorf("the cluster answers %d: %+v", status, c)
	}
	return err
}

func (n names) namespacePath() string {
	return "/api/v1/projects/" + strings.ReplaceAll(n.project, "/", "%2F") + "/environments/production/namespace"
}

func (s *server) namespaceReady(n names) error {
	var row struct{ Name, State string }
	status, err := s.get(context.Background(), n.namespacePath(), &row)
	if err != nil {
		return err
	}
	if status != http.StatusOK || row.State != "ready" {
		return fmt.Errorf("the namespace answers %d and is %q", status, row.State)
	}
	objects, err := shared.kubectl(context.Background(), "get", "-n", row.Name, "-o", "name", "resourcequotas,limitranges,rolebindings,networkpolicies")
	if err == nil && strings.Count(objects, "\n") != 8 {
		err = fmt.Errorf("the namespace holds:\n%s", objects)
	}
	return err
}

type appState struct {
	State       string `json:"state"`
	OperationID int64  `json:"operation_id"`
}

func (s *server) app(n names) (appState, error) {
	var a appState
	status, err := s.get(context.Background(), "/api/v1/clusters/"+n.cluster+"/applications/"+n.app, &a)
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("the application answers %d", status)
	}
	return a, err
}

func (s *server) operationKnown(n names) (bool, error) {
	a, err := s.app(n)
	return a.OperationID != 0, err
}

func (s *server) notInstalled(n names) (bool, error) {
	a, err := s.app(n)
	return a.State != "installed", err
}

func (s *server) appInstalled(n names) error {
	a, err := s.app(n)
	if err == nil && a.State != "installed" {
		err = fmt.Errorf("the application is %s", a.State)
	}
	return errors.Join(err, releases(n, 1), leftovers(n))
}

func (s *server) appGone(n names) error {
	a, err := s.app(n)
	if err == nil && a.State != "installable" {
		err = fmt.Errorf("the application is %s", a.State)
	}
	return errors.Join(err, releases(n, 0), leftovers(n))
}

// releases counts what Helm recorded.
func releases(n names, want int) error {
	found, err := shared.kubectl(context.Background(), "get", "secrets", "-n", n.app, "-l", "owner=helm,status=deployed", "-o", "name")
	if err == nil && strings.Count(found, "\n") != want {
		err = fmt.Errorf("%d releases are wanted, there are:\n%s", want, found)
	}
	return err
}

// leftovers looks for anything that an operation on the application made and
// did not take away.
func leftovers(n names) error {
	found, err := shared.kubectl(context.Background(), "get", "-A", "-o", "name", "-l",
		"gitlab.org/application="+n.app+",roadstead.dev/operation",
		"pods,secrets,configmaps,serviceaccounts,roles,rolebindings,clusterrolebindings")
	if err == nil && strings.TrimSpace(found) != "" {
		err = fmt.Errorf("these are left:\n%s", found)
	}
	return err
}
