package process

import (
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/roadstead/roadstead/devcluster/internal/podinit"
)

// The test binary is also what devcluster starts itself as, and the program of
// every container.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "pod-init":
			if err := podinit.Main(); err != nil {
				fmt.Fprintln(os.Stderr, "pod-init:", err)
				os.Exit(128)
			}
			os.Exit(0)
		case "report", "obey", "resist":
			os.Exit(program(os.Args[1]))
		}
	}
	os.Exit(m.Run())
}

// report is what a container says about itself.
type report struct {
	UID, GID int
	Args     []string
	Env      map[string]string
	Files    map[string]string // content, or the error
	Writable map[string]bool
}

func program(mode string) int {
	root := os.Getenv("ROADSTEAD_POD_ROOT")
	switch mode {
	case "report":
		r := report{
			UID: os.Getuid(), GID: os.Getgid(), Args: os.Args[1:],
			Env: map[string]string{}, Files: map[string]string{}, Writable: map[string]bool{},
		}
		for _, name := range []string{"PLAIN", "EXPANDED", "NAME", "FROM_KEY", "ALL_color", "CPU", "KUBERNETES_SERVICE_PORT"} {
			r.Env[name] = os.Getenv(name)
		}
		for _, path := range []string{"/etc/request/chart", "/etc/one", "/etc/secret/password", "/var/run/token/token", "/etc/podinfo/labels"} {
			data, err := os.ReadFile(filepath.Join(root, path))
			if err != nil {
				data = []byte(err.Error())
			}
			r.Files[path] = string(data)
		}
		for _, path := range []string{"/scratch/file", "/etc/request/file", "/file", "/tmp/file"} {
			r.Writable[path] = os.WriteFile(filepath.Join(root, path), []byte("x"), 0o600) == nil
		}
		_ = json.NewEncoder(os.Stdout).Encode(r)
		fmt.Fprintln(os.Stderr, "to standard error")
		_ = os.WriteFile(filepath.Join(root, "/dev/termination-log"), []byte("the verdict"), 0o600)
		return 7
	case "obey":
		signals := make(chan os.Signal, 1)
		signal.Notify(signals, syscall.SIGTERM)
		fmt.Println("ready")
		<-signals
		fmt.Println("stopping")
		return 3
	default:
		signal.Ignore(syscall.SIGTERM)
		fmt.Println("ready")
		<-time.After(time.Hour)
		return 0
	}
}
