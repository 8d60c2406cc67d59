package storetest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/roadstead/roadstead/internal/store"
)

// serverVariable holds the address of the test server's maintenance database.
// When it is set beforehand, that server is used and left alone.
const serverVariable = "ROADSTEAD_TEST_POSTGRES"

// templateVariable names the database of a new store that stores are copies of,
// in a server of our own. Nobody connects to it.
const templateVariable = "ROADSTEAD_TEST_POSTGRES_TEMPLATE"

// Main runs the tests with a PostgreSQL server beside them and exits.
func Main(m *testing.M) {
	os.Exit(Run(m)) //nolint:revive // what a TestMain is for
}

// Run runs the tests with a PostgreSQL server beside them and returns their
// exit code.
func Run(m *testing.M) int {
	if os.Getenv(serverVariable) != "" {
		return m.Run()
	}
	// The server is told when the thread ends that started it, so that thread
	// must last as long as the tests.
	runtime.LockOSThread()
	s, err := startServer()
	if err != nil {
		fmt.Fprintln(os.Stderr, "start a PostgreSQL server for the tests:", err)
		return 1
	}
	code := 1
	if err := s.offer(); err != nil {
		fmt.Fprintln(os.Stderr, "prepare the PostgreSQL server for the tests:", err)
	} else {
		code = m.Run()
	}
	if err := s.stop(); err != nil {
		fmt.Fprintln(os.Stderr, "stop the PostgreSQL server:", err)
		code = 1
	}
	return code
}

// server is a PostgreSQL server on a socket in a folder of its own, without
// any durability.
type server struct {
	dir  string
	bin  string
	user *syscall.Credential
	cmd  *exec.Cmd
}

func startServer() (s *server, err error) {
	s = &server{}
	if s.bin, err = binaries(); err != nil {
		return nil, err
	}
	if s.dir, err = os.MkdirTemp("", "roadstead-postgres-"); err != nil {
		return nil, fmt.Errorf("make its folder: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.stop())
		}
	}()
	if err := s.unprivileged(); err != nil {
		return nil, err
	}
	if out, err := s.command("initdb", "-D", s.data(), "-U", "postgres", "-A", "trust", "-E", "UTF8",
		"--locale=C", "--no-sync").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w: %s", err, out)
	}
	s.cmd = s.command("postgres", "-D", s.data(), "-k", s.dir, "-c", "listen_addresses=", "-c", "fsync=off",
		"-c", "synchronous_commit=off", "-c", "full_page_writes=off", "-c", "max_connections=400")
	s.cmd.SysProcAttr.Pdeathsig = syscall.SIGQUIT
	if err := s.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start it: %w", err)
	}
	return s, s.ready()
}

// offer tells the tests of the server and makes the template.
func (s *server) offer() error {
	const template = "template_store"
	conn, err := pgx.Connect(context.Background(), s.url("postgres"))
	if err != nil {
		return fmt.Errorf("connect to it: %w", err)
	}
	_, err = conn.Exec(context.Background(), "CREATE DATABASE "+template)
	if err := errors.Join(err, conn.Close(context.Background())); err != nil {
		return err
	}
	if err := migrate(store.Config{DatabaseURL: s.url(template)}, "pgx", s.url(template)); err != nil {
		return err
	}
	return errors.Join(os.Setenv(serverVariable, s.url("postgres")), os.Setenv(templateVariable, template))
}

// unprivileged makes the server run as somebody else than root, which it
// refuses to run as.
func (s *server) unprivileged() error {
	if os.Geteuid() != 0 {
		return nil
	}
	account, err := user.Lookup("postgres")
	if err != nil {
		return fmt.Errorf("find an account for it: %w", err)
	}
	uid, uidErr := strconv.ParseUint(account.Uid, 10, 32)
	gid, gidErr := strconv.ParseUint(account.Gid, 10, 32)
	if err := errors.Join(uidErr, gidErr); err != nil {
		return fmt.Errorf("read its account: %w", err)
	}
	s.user = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	if err := os.Chown(s.dir, int(uid), int(gid)); err != nil {
		return fmt.Errorf("hand its folder over: %w", err)
	}
	return nil
}

func (s *server) data() string { return filepath.Join(s.dir, "data") }

func (s *server) url(database string) string {
	return "postgres:///" + database + "?user=postgres&host=" + s.dir
}

func (s *server) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(s.bin, name), args...) //nolint:noctx // it ends by stop
	cmd.Dir = s.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.user}
	return cmd
}

func (s *server) ready() error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, s.url("postgres"))
		if err == nil {
			return conn.Close(ctx) //nolint:wrapcheck // it is ready
		}
		if ctx.Err() != nil {
			return fmt.Errorf("wait until it answers: %w", err)
		}
		time.Sleep(20 * time.Millisecond) //nolint:forbidigo // nothing signals when a server begins to listen
	}
}

// stop ends the server at once and removes what it stored.
func (s *server) stop() error {
	if s.cmd != nil && s.cmd.Process != nil {
		if err := s.cmd.Process.Signal(syscall.SIGQUIT); err != nil {
			return fmt.Errorf("signal it: %w", err)
		}
		_ = s.cmd.Wait() // a server that is told to quit exits with an error
	}
	return os.RemoveAll(s.dir)
}

// binaries finds the newest server that is installed.
func binaries() (string, error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if len(found) > 0 {
		slices.Sort(found)
		return filepath.Dir(found[len(found)-1]), nil
	}
	path, err := exec.LookPath("postgres")
	if err != nil {
		return "", errors.New("it is not installed (on Debian: apt-get install postgresql)")
	}
	return filepath.Dir(path), nil
}
