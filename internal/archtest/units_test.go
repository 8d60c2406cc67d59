package archtest

import (
	"bytes"
	"errors"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const unitFolder = "deploy/systemd"

// unit is the settings of a unit file; one that is given twice has two values.
type unit map[string][]string

func readUnit(t *testing.T, name string) unit {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root(t), unitFolder, name))
	if err != nil {
		t.Fatal(err)
	}
	u := unit{}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if key, value, ok := strings.Cut(line, "="); ok && line[0] != '#' {
			u[key] = append(u[key], value)
		}
	}
	return u
}

// TestUnitsAreClosed reads the rules that keep each service in its place.
func TestUnitsAreClosed(t *testing.T) {
	t.Parallel()
	for name, more := range map[string]unit{
		"roadstead.service": {"User": {"roadstead"}, "StateDirectory": {"roadstead"}},
		"roadstead-web.service": {
			"User": {"roadstead-web"}, "StateDirectory": {"roadstead-web"}, "LoadCredential": nil,
			"IPAddressDeny": {"any"}, "IPAddressAllow": {"localhost"},
		},
		"roadstead-worker.service": {
			"User": {"roadstead-worker"}, "StateDirectory": {"roadstead-worker"},
			"LoadCredential": {"keyset:/etc/roadstead/keys/private"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u := readUnit(t, name)
			want := unit{
				"NoNewPrivileges": {"yes"}, "CapabilityBoundingSet": {""}, "AmbientCapabilities": {""}, "ProtectSystem": {"strict"},
				"ProtectHome": {"yes"}, "PrivateTmp": {"yes"}, "PrivateDevices": {"yes"}, "PrivateUsers": {"yes"},
				"ProtectProc": {"invisible"}, "RestrictNamespaces": {"yes"}, "MemoryDenyWriteExecute": {"yes"},
				"RestrictAddressFamilies": {"AF_INET AF_INET6 AF_UNIX AF_NETLINK"}, "SystemCallArchitectures": {"native"},
				"SystemCallFilter":   {"@system-service", "~@privileged @resources", "setrlimit prlimit64"},
				"StateDirectoryMode": {"0700"}, "UMask": {"0077"}, "LimitCORE": {"0"}, "ReadWritePaths": nil,
				"NoExecPaths": {"/"}, "ExecPaths": {"/usr/bin/roadstead"},
			}
			maps.Copy(want, more)
			for key, values := range want {
				if !slices.Equal(u[key], values) {
					t.Errorf("%s is %q, want %q", key, u[key], values)
				}
			}
			if len(u["MemoryMax"]) != 1 || len(u["TasksMax"]) != 1 {
				t.Error("memory or tasks are not limited")
			}
			for _, settings := range u["Environment"] {
				if strings.Contains(settings, "TOKEN") || strings.Contains(settings, "DATABASE_URL") {
					t.Errorf("%s is readable by everybody", settings)
				}
			}
		})
	}
}

// TestSystemdAcceptsTheUnits asks systemd itself, where it is installed, for mistakes and for how exposed the services
// are: 0 is closed, 10 is open. Elsewhere TestUnitsAreClosed has to do.
func TestSystemdAcceptsTheUnits(t *testing.T) {
	t.Parallel()
	analyze, err := exec.LookPath("systemd-analyze")
	if errors.Is(err, exec.ErrNotFound) {
		t.Log("systemd-analyze is not installed")
		return
	}
	dir := t.TempDir()
	for _, name := range []string{"roadstead.service", "roadstead-web.service", "roadstead-worker.service"} {
		text, err := os.ReadFile(filepath.Join(root(t), unitFolder, name))
		if err != nil {
			t.Fatal(err)
		}
		copied := filepath.Join(dir, name)
		// The program is not installed here, and a command must exist.
		if err := os.WriteFile(copied, bytes.ReplaceAll(text, []byte("/usr/bin/roadstead"), []byte("/bin/true")), 0o600); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.CommandContext(t.Context(), analyze, "verify", "--man=no", copied).CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
		out, err := exec.CommandContext(t.Context(), analyze, "security", "--offline=true", "--no-pager", "--threshold=20", copied).CombinedOutput()
		if err != nil {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		t.Log(lines[len(lines)-1])
	}
}
