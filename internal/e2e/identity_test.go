package e2e_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// administrator is an account that may do everything in the shared cluster, with a token of ten minutes as the
// cluster makes them on request.
type administrator struct {
	name  string
	token string
}

func newAdministrator(t *testing.T) administrator {
	t.Helper()
	a := administrator{name: unique("admin")}
	mustKubectl(t, "create", "serviceaccount", a.name, "-n", "default")
	mustKubectl(t, "create", "clusterrolebinding", a.name, "--clusterrole=cluster-admin", "--serviceaccount=default:"+a.name)
	token, err := shared.kubectl(t.Context(), "create", "token", a.name, "-n", "default", "--duration", "10m")
	if err != nil {
		t.Fatal(err)
	}
	a.token = strings.TrimSpace(token)
	return a
}

// leaves deletes the account, and returns when the cluster refuses its token, as it does when the time of one is over.
func (a administrator) leaves(t *testing.T) {
	t.Helper()
	mustKubectl(t, "delete", "serviceaccount", a.name, "-n", "default")
	mustKubectl(t, "delete", "clusterrolebinding", a.name)
	eventually(t, settled, func() error { return refused(a.token) }) // the API server remembers good tokens for a moment
}

// attachAs are the arguments that attach the shared cluster with an administrator's token.
func (s *server) attachAs(t *testing.T, a administrator, name string) []string {
	t.Helper()
	args := s.attachArgs(t, name)
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte(a.token), 0o600); err != nil {
		t.Fatal(err)
	}
	args[len(args)-1] = token
	return args
}

// identityState is what the API says of an identity.
type identityState struct {
	State      string
	Namespace  string
	InUse      bool      `json:"in_use"`
	TokenSince time.Time `json:"token_since"`
	RotateAt   time.Time `json:"rotate_at"`
	Error      struct {
		Code   string
		Detail []string
	}
}

func (s *server) identity(name string) (i identityState, err error) {
	status, err := s.get(context.Background(), "/api/v1/clusters/"+name+"/identity", &i)
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("the identity answers %d", status)
	}
	return i, err
}

// ownIdentity returns nil when the cluster is used with our own identity, which has exactly one token there.
func (s *server) ownIdentity(n names) error {
	i, err := s.identity(n.cluster)
	if err == nil && i.State != "own" {
		err = fmt.Errorf("the identity is %s (%s)", i.State, i.Error.Code)
	}
	return errors.Join(err, s.clusterConnected(n), tokens(i, 1))
}

// tokens counts the token Secrets of an identity in the cluster.
func tokens(i identityState, want int) error {
	found, err := shared.kubectl(context.Background(), "get", "secrets", "-n", i.Namespace, "-o", "name")
	if err == nil && strings.Count(found, "\n") != want {
		err = fmt.Errorf("%d token Secrets are wanted, there are:\n%s", want, found)
	}
	return err
}

// TestPastedTokenIsSwapped attaches a cluster with an administrator's token and swaps it. Then the administrator
// leaves, and everything goes on: nothing of his token is needed, or kept, any more.
func TestPastedTokenIsSwapped(t *testing.T) {
	t.Parallel()
	n, admin := newNames(), newAdministrator(t)
	s := newServerWith(t, n.app)
	card := s.must(t, s.attachAs(t, admin, n.cluster)...)
	if !strings.Contains(card, "credential_admin") {
		t.Errorf("nobody is told that the token may do everything:\n%s", card)
	}
	sealed := s.sealedToken(t, n)
	out := s.must(t, "cluster", "identity", "adopt", n.cluster)
	if !strings.Contains(out, "own identity") {
		t.Errorf("adopt says:\n%s", out)
	}
	eventually(t, settled, func() error { return s.ownIdentity(n) })
	admin.leaves(t)

	s.must(t, "cluster", "check", n.cluster)
	if card := s.must(t, "cluster", "show", n.cluster); strings.Contains(card, "credential_admin") || strings.Contains(card, "rights_missing") {
		t.Errorf("our own identity has other rights than it needs:\n%s", card)
	}
	s.must(t, "group", "create", n.group)
	s.must(t, "project", "create", n.project)
	s.must(t, "namespace", "ensure", "--project", n.project, "--environment", "production")
	s.must(t, "app", "install", n.app, "--cluster", n.cluster)
	s.process.Stop() // so that nothing waits in the log of the database
	s.noTrace(t, admin.token, sealed)
}

// sealedToken is the stored form of the credential in use.
func (s *server) sealedToken(t *testing.T, n names) (sealed []byte) {
	t.Helper()
	s.inDatabase(t, func(db *sql.DB) error {
		return db.QueryRowContext(t.Context(), `SELECT sealed FROM cluster_tokens t JOIN clusters c ON c.id = t.cluster_id
			WHERE c.name = ?`, n.cluster).Scan(&sealed)
	})
	return sealed
}

func (s *server) inDatabase(t *testing.T, do func(db *sql.DB) error) {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(s.dir, "data", "roadstead.db")+"?_pragma=busy_timeout(5000)")
	if err == nil {
		err = errors.Join(do(db), db.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
}

// noTrace looks in everything that the server wrote for a token, as it is, in base64, and as it was sealed.
func (s *server) noTrace(t *testing.T, token string, sealed []byte) {
	t.Helper()
	wanted := map[string][]byte{"the token": []byte(token), "the sealed token": sealed}
	for shift := range 3 {
		encoded := base64.StdEncoding.EncodeToString(append(make([]byte, shift), token...))
		wanted["the token in base64, shifted by "+strconv.Itoa(shift)] = []byte(encoded[4 : len(encoded)-4])
	}
	files := 0
	err := filepath.WalkDir(s.dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		files++
		for what, secret := range wanted {
			if bytes.Contains(content, secret) {
				t.Errorf("%s is in %s", what, path)
			}
		}
		return err
	})
	if err != nil || files < 5 {
		t.Fatalf("%d files: %v", files, err)
	}
}

// TestIdentityOutlivesAnOutage stops the server for longer than any token on request lives. The cluster's side of
// that is real: the accounts behind every such token are deleted, which ends the tokens as time would, and a cluster
// that was attached with one is lost. Our own clock cannot be moved, so the dates that the server goes by are put
// back by 31 days in its database instead: the rotation is overdue when it starts.
func TestIdentityOutlivesAnOutage(t *testing.T) {
	t.Parallel()
	admin := newAdministrator(t)
	s := newServerWith(t)
	var all []names
	for range 3 {
		n := newNames()
		s.must(t, append(s.attachAs(t, admin, n.cluster), "--own-identity", "--environment-scope", n.cluster)...)
		eventually(t, settled, func() error { return s.ownIdentity(n) })
		all = append(all, n)
	}
	pasted := newNames()
	s.must(t, s.attachAs(t, admin, pasted.cluster)...)
	before, err := s.identity(all[0].cluster)
	if err != nil {
		t.Fatal(err)
	}
	s.process.Stop()
	admin.leaves(t)
	s.inDatabase(t, func(db *sql.DB) error {
		const month = 31 * 24 * int64(time.Hour/time.Microsecond)
		_, err := db.ExecContext(t.Context(), `UPDATE cluster_identities SET rotate_at = rotate_at - ?, token_since = token_since - ?`, month, month)
		_, dueErr := db.ExecContext(t.Context(), `UPDATE work SET due_at = due_at - ?`, month)
		return errors.Join(err, dueErr)
	})

	s.mustStart(t)
	for _, n := range all {
		s.must(t, "cluster", "check", n.cluster)
		eventually(t, settled, func() error { return s.ownIdentity(n) })
		after, err := s.identity(n.cluster)
		if err != nil || after.TokenSince.Before(before.TokenSince) || time.Until(after.RotateAt) < 26*24*time.Hour {
			t.Errorf("the token was not rotated: %+v %v", after, err)
		}
	}
	if out, err := s.cli(t.Context(), "cluster", "check", pasted.cluster); err == nil {
		t.Errorf("the cluster with the old token is still reachable:\n%s", out)
	}
}

// TestRotationSwitches makes a new token and finds the old one gone, from the cluster and as a credential.
func TestRotationSwitches(t *testing.T) {
	t.Parallel()
	n, admin := newNames(), newAdministrator(t)
	s := newServerWith(t)
	s.must(t, append(s.attachAs(t, admin, n.cluster), "--own-identity=live")...)
	eventually(t, settled, func() error { return s.ownIdentity(n) })
	i, err := s.identity(n.cluster)
	if err != nil {
		t.Fatal(err)
	}
	first := mustOutput(t, "get", "secrets", "-n", i.Namespace, "-o", "jsonpath={.items[*].metadata.name}={.items[*].data.token}")
	s.must(t, "cluster", "identity", "rotate", n.cluster)
	eventually(t, settled, func() error { return s.ownIdentity(n) })
	second := mustOutput(t, "get", "secrets", "-n", i.Namespace, "-o", "jsonpath={.items[*].metadata.name}={.items[*].data.token}")
	if strings.Split(first, "=")[0] == strings.Split(second, "=")[0] {
		t.Errorf("the token is still %s", strings.Split(second, "=")[0])
	}
	encoded := strings.TrimPrefix(first, strings.Split(first, "=")[0]+"=")
	old, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, settled, func() error { return refused(string(old)) })
	s.must(t, "cluster", "check", n.cluster)
}

// TestIdentityNeedsAnAdministrator asks the restricted account of the printed manifest to make another one. It may
// not, which is told with what is missing; and what was pasted goes on.
func TestIdentityNeedsAnAdministrator(t *testing.T) {
	t.Parallel()
	n := newNames()
	s := newServerWith(t)
	s.must(t, s.attachArgs(t, n.cluster)...)
	out, err := s.cli(t.Context(), "cluster", "identity", "adopt", n.cluster)
	if err == nil || !strings.Contains(err.Error(), "rights_missing") || !strings.Contains(err.Error(), "cluster manifest") {
		t.Errorf("adopt: %v\n%s", err, out)
	}
	i, err := s.identity(n.cluster)
	if err != nil || i.State != "refused" || i.Error.Code != "rights_missing" || len(i.Error.Detail) == 0 {
		t.Errorf("the identity is %+v %v", i, err)
	}
	if _, err := shared.kubectl(t.Context(), "get", "namespace", i.Namespace); err == nil {
		t.Errorf("namespace %s was made all the same", i.Namespace)
	}
	s.must(t, "cluster", "check", n.cluster)
}

// TestRemovedClusterTakesOurIdentityAlong finds nothing of it in the cluster after a cleanup.
func TestRemovedClusterTakesOurIdentityAlong(t *testing.T) {
	t.Parallel()
	n, admin := newNames(), newAdministrator(t)
	s := newServerWith(t)
	s.must(t, append(s.attachAs(t, admin, n.cluster), "--own-identity")...)
	eventually(t, settled, func() error { return s.ownIdentity(n) })
	i, err := s.identity(n.cluster)
	if err != nil {
		t.Fatal(err)
	}
	admin.leaves(t)
	s.must(t, "cluster", "remove", n.cluster, "--cleanup")
	eventually(t, settled, func() error {
		found, err := shared.kubectl(context.Background(), "get", "-A", "-o", "name", "namespaces,clusterroles,clusterrolebindings,roles,rolebindings")
		if err == nil && strings.Contains(found, i.Namespace) {
			err = fmt.Errorf("something of %s is left:\n%s", i.Namespace, found)
		}
		return err
	})
}

// TestIdentityIsKilledAtEveryInstant kills the server while it swaps a credential, or rotates one. Short of a full run
// it takes a seeded sample.
func TestIdentityIsKilledAtEveryInstant(t *testing.T) {
	t.Parallel()
	attach := func(t *testing.T, s *server, n *names) {
		t.Helper()
		s.must(t, s.attachAs(t, newAdministrator(t), n.cluster)...)
	}
	for name, a := range map[string]act{
		"adopt": {
			prepare: attach,
			request: func(n names) []string { return []string{"cluster", "identity", "adopt", n.cluster} },
			accepted: func(s *server, n names) (bool, error) {
				i, err := s.identity(n.cluster)
				return i.State != "pasted", err
			},
			ended: (*server).ownIdentity,
		},
		"rotate": {
			prepare: func(t *testing.T, s *server, n *names) {
				t.Helper()
				s.must(t, append(s.attachAs(t, newAdministrator(t), n.cluster), "--own-identity")...)
				eventually(t, settled, func() error { return s.ownIdentity(*n) })
			},
			request: func(n names) []string { return []string{"cluster", "identity", "rotate", n.cluster} },
			accepted: func(s *server, n names) (bool, error) {
				i, err := s.identity(n.cluster)
				return err == nil && (i.State == "rotating" || rotated(i)), err
			},
			ended: func(s *server, n names) error {
				i, err := s.identity(n.cluster)
				if err == nil && !rotated(i) {
					err = errors.New("the first token is still in use")
				}
				return errors.Join(err, s.ownIdentity(n))
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			points := survive(t, a, 0)
			t.Logf("%s passes %d kill points", name, points)
			if points < 5 {
				t.Fatalf("only %d kill points: they are not compiled in", points)
			}
			for _, k := range few(t, points) {
				t.Run("k="+strconv.Itoa(k), func(t *testing.T) { survive(t, a, k) })
			}
		})
	}
}

// few is sample, of which short runs take half.
func few(t *testing.T, points int) []int {
	t.Helper()
	all := sample(t, points)
	if len(all) < points {
		all = all[:len(all)/2]
	}
	return all
}

// rotated reports whether the token in use is not the first one, by what the cluster holds.
func rotated(i identityState) bool {
	found, err := shared.kubectl(context.Background(), "get", "secrets", "-n", i.Namespace, "-o", "name")
	return err == nil && !strings.Contains(found, "roadstead-token-1\n") && strings.Contains(found, "roadstead-token-")
}

// refused returns nil when the cluster does not take a token any more.
func refused(token string) error {
	out, err := shared.kubectl(context.Background(), "auth", "whoami", "--kubeconfig=/dev/null", "--server="+shared.api,
		"--certificate-authority="+filepath.Join(shared.dir, "cluster", "ca.crt"), "--token="+token)
	if err == nil {
		return fmt.Errorf("the cluster still takes the token: %s", out)
	}
	return nil
}

func mustOutput(t *testing.T, args ...string) string {
	t.Helper()
	out, err := shared.kubectl(t.Context(), args...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}
