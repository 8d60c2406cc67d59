package cli_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http/httptest"
	"net/netip"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/roadstead/roadstead/internal/apitest"
	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/audit"
	"github.com/roadstead/roadstead/internal/cli"
	"github.com/roadstead/roadstead/internal/config"
	"github.com/roadstead/roadstead/internal/egress"
	"github.com/roadstead/roadstead/internal/secret"
	"github.com/roadstead/roadstead/internal/vault"
	"github.com/roadstead/roadstead/internal/workload"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"roadstead": roadstead})
}

// roadstead is the program with what serves and keeps data replaced by a word.
func roadstead() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := program().Main(ctx, os.Args[1:])
	stop()
	os.Exit(code) //nolint:revive // a command of a script is a main function
}

func program() *cli.Program {
	return &cli.Program{
		Version: "1.2.3", In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Environ: os.Environ(),
		Serve: func(_ context.Context, c config.Config) error {
			fmt.Println("serving", c.Role, "on", c.Listen, "from", c.DataDir)
			return nil
		},
		Backup: func(_ context.Context, c config.Config, file string) error {
			fmt.Println("backing up", c.DataDir, "into", file)
			return nil
		},
		Restore: func(_ context.Context, c config.Config, file string, verify bool) error {
			fmt.Println("restoring", file, "into", c.DataDir, verify)
			return nil
		},
		ExplainURL:    explained,
		ClusterID:     clusterNamed,
		VerifySecrets: func(_ context.Context, c config.Config) (vault.Report, error) { return verified(c.DataDir), nil },
		RotateSecrets: func(_ context.Context, c config.Config, step vault.Step, note func(string)) error {
			note(fmt.Sprint(step, " of ", c.DataDir))
			return nil
		},
		VerifyAudit: func(_ context.Context, c config.Config, _ string) (audit.Report, error) { return walked(c.DataDir) },
	}
}

// walked is the report of an audit record that fits the name of a data folder.
func walked(dataDir string) (audit.Report, error) {
	report := audit.Report{From: 40, Right: 12, Checkpoints: 2, Waiting: 1}
	switch dataDir {
	case "/srv/moved":
		report.Wrong = &audit.Finding{Fault: audit.Swapped, N: 53, EventID: 61}
	case "/srv/cut":
		report.Wrong = &audit.Finding{Fault: audit.Missing, N: 53}
	case "/srv/lost":
		return report, apperr.New(apperr.CredentialKey, "A key is missing.", "Put it back.")
	}
	return report, nil
}

// clusterNamed knows one name.
func clusterNamed(_ context.Context, _ config.Config, name string) (int64, error) {
	if name != "production" {
		return 0, apperr.Of(apperr.NotFound)
	}
	return 7, nil
}

// verified is a report that fits the name of a data folder.
func verified(dataDir string) vault.Report {
	report := vault.Report{Keys: map[uint32]int{0xa1: 3, 0xb2: 1}}
	switch dataDir {
	case "/srv/moved":
		report.Bad = []vault.Bad{{Kind: vault.Tokens, ID: 7, Err: fmt.Errorf("opening: %w", secret.ErrWrongContext)}}
	case "/srv/lost":
		report.Bad = []vault.Bad{{Kind: vault.Values, ID: 9, Err: fmt.Errorf("opening: %w", secret.ErrUnknownKey)}}
	}
	return report
}

// explained asks the real guard, with names of our own.
func explained(ctx context.Context, c config.Config, url string, schemes []string) (egress.Explanation, error) {
	rules, err := egress.ParseRules(strings.Join(c.EgressAllow, ","))
	if err != nil {
		return egress.Explanation{}, err
	}
	return egress.NewGuard(egress.Config{Allow: rules, Resolver: names{}}).Explain(ctx, url, schemes...)
}

type names struct{}

func (names) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	if host != "api.example.com." {
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	return []netip.Addr{netip.MustParseAddr("8.8.8.8"), netip.MustParseAddr("10.1.2.3")}, nil
}

// worldKey is where a script finds its world.
const worldKey = "world"

// TestScripts runs the program as a person would, each script against a server of its own.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			w, err := apitest.Open(context.Background(), filepath.Join(env.WorkDir, "..", "world-"+filepath.Base(env.WorkDir)))
			if err != nil {
				return err
			}
			server := httptest.NewServer(w.Mux())
			env.Defer(func() {
				server.CloseClientConnections()
				server.Close()
				w.Close()
			})
			env.Values[worldKey] = w
			env.Setenv("ROADSTEAD_SERVER", server.URL)
			env.Setenv("ROADSTEAD_TOKEN", apitest.Token)
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"setpods": setPods, "exits": exits, "asreader": asReader,
		},
	})
}

// setPods replaces the pods of the world: setpods STATE [NAME:PHASE]...
func setPods(ts *testscript.TestScript, _ bool, args []string) {
	w, ok := ts.Value(worldKey).(*apitest.World)
	if !ok || len(args) == 0 {
		ts.Fatalf("usage: setpods STATE [NAME:PHASE]...")
	}
	pods := make([]workload.Pod, 0, len(args))
	for _, arg := range args[1:] {
		name, phase, _ := strings.Cut(arg, ":")
		pods = append(pods, workload.Pod{Name: name, Phase: phase, Ready: 1, Containers: 1, CreatedAt: time.Now()})
	}
	w.Live.Set(workload.Status{State: workload.State(args[0]), AsOf: time.Now()}, pods...)
}

// exits runs a command that must end with an exit code: exits CODE COMMAND [ARG]...
func exits(ts *testscript.TestScript, _ bool, args []string) {
	err := ts.Exec(args[1], args[2:]...)
	got := 0
	if e, ok := errors.AsType[*exec.ExitError](err); ok {
		got = e.ExitCode()
	} else {
		ts.Check(err)
	}
	if strconv.Itoa(got) != args[0] {
		ts.Fatalf("exit code %d, want %s", got, args[0])
	}
}

// asReader lets what follows call with the token in a file: asreader FILE.
func asReader(ts *testscript.TestScript, _ bool, args []string) {
	ts.Setenv("ROADSTEAD_TOKEN", strings.TrimSpace(ts.ReadFile(args[0])))
}
