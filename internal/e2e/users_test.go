package e2e_test

import (
	"context"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/roadstead/roadstead/internal/stage"
	"github.com/roadstead/roadstead/internal/storetest"
)

// units is where the files lie that operators install.
const units = "../../deploy/systemd"

// machine is a file system laid out as the unit files want it, below a folder,
// with the users of the halves, who need not exist to own something.
type machine struct {
	root  string
	users map[string]int
}

// newMachine makes the folders of tmpfiles.conf.
func newMachine(t *testing.T) *machine {
	t.Helper()
	m := &machine{users: map[string]int{"root": 0, "roadstead": 64100, "roadstead-web": 64101, "roadstead-worker": 64102}}
	var err error
	if m.root, err = os.MkdirTemp("", "roadstead-machine-"); err != nil { //nolint:usetesting // other users cannot enter that
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(m.root) })
	must(t, os.Chmod(m.root, 0o755))
	for _, dir := range []string{"etc", "var/lib", "usr/bin", "run/credentials"} {
		must(t, os.MkdirAll(m.path(dir), 0o755))
	}
	must(t, copyFile(filepath.Join(shared.bin, "roadstead"), m.path("usr/bin/roadstead"), 0o755))
	m.tmpfiles(t)
	return m
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (m *machine) path(p string) string { return filepath.Join(m.root, p) }

// tmpfiles does what systemd-tmpfiles does with our lines: it makes folders, and
// sets mode and owner of what exists.
func (m *machine) tmpfiles(t *testing.T) {
	t.Helper()
	for _, line := range lines(t, "tmpfiles.conf") {
		field := strings.Fields(line)
		path := m.path(field[1])
		mode, err := strconv.ParseUint(field[2], 8, 32)
		must(t, err)
		if field[0] == "d" {
			must(t, os.MkdirAll(path, 0o700))
		} else if _, err := os.Stat(path); err != nil {
			continue
		}
		must(t, os.Chmod(path, fs.FileMode(mode)))
		must(t, os.Chown(path, m.user(t, field[3]), m.user(t, field[4])))
	}
}

func (m *machine) user(t *testing.T, name string) int {
	t.Helper()
	id, ok := m.users[name]
	if !ok {
		t.Fatalf("tmpfiles.conf names the user %s, whom nobody knows", name)
	}
	return id
}

// lines returns the lines of a file of the units that say something.
func lines(t *testing.T, name string) (said []string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(units, name))
	must(t, err)
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			said = append(said, line)
		}
	}
	return said
}

// start runs a unit's command as its user with its environment and its copy of
// the credentials, and with what an operator would put into its file of settings.
func (m *machine) start(t *testing.T, unit string, settings ...string) *stage.Process {
	t.Helper()
	credentials := m.path("run/credentials/" + unit)
	var user string
	var args []string
	for _, line := range lines(t, unit+".service") {
		key, value, _ := strings.Cut(line, "=")
		switch key {
		case "User":
			user = value
		case "ExecStart":
			args = strings.Fields(value)
		case "Environment":
			name, value, _ := strings.Cut(value, "=")
			if strings.HasPrefix(value, "/") {
				value = m.path(value)
			}
			settings = append([]string{name + "=" + strings.Replace(value, "%d", credentials, 1)}, settings...)
		case "LoadCredential":
			m.credential(t, credentials, value, unit)
		}
	}
	command := m.as(t.Context(), user, append([]string{m.path(args[0])}, args[1:]...)...)
	process, err := stage.Start(t.Context(), stage.Command{
		Program: command.Path, Args: command.Args[1:], Env: settings,
		Log: filepath.Join(m.root, unit+".log"), Ready: "msg=serving",
	})
	must(t, err)
	t.Cleanup(func() { process.Kill() })
	return process
}

// credential hands a file of root's to one user, as systemd does.
func (m *machine) credential(t *testing.T, dir, value, user string) {
	t.Helper()
	name, source, _ := strings.Cut(value, ":")
	must(t, os.MkdirAll(dir, 0o500))
	must(t, copyFile(m.path(source), filepath.Join(dir, name), 0o400))
	for _, path := range []string{dir, filepath.Join(dir, name)} {
		must(t, os.Chown(path, m.user(t, user), m.user(t, user)))
	}
}

// as is a command run by a user without any privilege.
func (m *machine) as(ctx context.Context, user string, command ...string) *exec.Cmd {
	id := strconv.Itoa(m.users[user])
	return exec.CommandContext(ctx, "setpriv", append([]string{
		"--reuid=" + id, "--regid=" + id, "--clear-groups", "--no-new-privs", "--inh-caps=-all", "--bounding-set=-all", "--",
	}, command...)...)
}

func copyFile(from, to string, mode fs.FileMode) error {
	content, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, content, mode)
}

// TestHalvesAsUsersOfTheirOwn runs the unit files' commands as their users, with
// the modes that tmpfiles.conf gives, does the main job, and then tries, as each
// user, to read what is the other's.
func TestHalvesAsUsersOfTheirOwn(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root can run processes as other users")
	}
	m, n := newMachine(t), newNames()
	web := &server{dir: m.root, bin: m.path("usr/bin/roadstead"), token: adminToken}
	web.addEntry(t, n.app, "web", "")
	must(t, os.Chmod(web.catalog(), 0o755))
	must(t, os.Chmod(filepath.Join(web.catalog(), n.app+".yaml"), 0o644))

	// As the guide says: root makes the keyset.
	initialise := exec.CommandContext(t.Context(), web.bin, "secrets", "init")
	initialise.Env = append(os.Environ(),
		"ROADSTEAD_KEYSET_FILE="+m.path("etc/roadstead/keys/private"), "ROADSTEAD_PUBLIC_KEYSET_FILE="+m.path("etc/roadstead/public"))
	if _, err := output(initialise); err != nil {
		t.Fatal(err)
	}
	for _, half := range []string{"web", "worker"} {
		must(t, os.WriteFile(m.path("etc/roadstead/"+half+".env"), []byte("ROADSTEAD_ADMIN_TOKEN="+adminToken), 0o644))
	}
	m.tmpfiles(t)

	settings := []string{
		"ROADSTEAD_DATABASE_URL=" + reachable(t, storetest.Postgres(t)), "ROADSTEAD_CATALOG_DIR=" + web.catalog(),
		"ROADSTEAD_EGRESS_ALLOW=" + stage.EgressRule(shared.api) + "," + stage.EgressRule(shared.charts),
	}
	worker := m.start(t, "roadstead-worker", append(settings, "ROADSTEAD_LISTEN="+freeAddress(t))...)
	web.address = freeAddress(t)
	web.process = m.start(t, "roadstead-web", append(settings, "ROADSTEAD_LISTEN="+web.address, "ROADSTEAD_ADMIN_TOKEN="+adminToken)...)
	web.mainJob(t, n)

	m.tryToRead(t, worker.PID(), web.process.PID())
	for name, pid := range map[string]int{"web": web.process.PID(), "worker": worker.PID()} {
		hardened(t, name, pid)
	}
}

// reachable lets every user of the machine connect to the database of a URL, as
// a system's own database does.
func reachable(t *testing.T, database string) string {
	t.Helper()
	u, err := url.Parse(database)
	must(t, err)
	must(t, os.Chmod(u.Query().Get("host"), 0o755))
	return database
}

func freeAddress(t *testing.T) string {
	t.Helper()
	address, err := stage.FreeAddress(t.Context())
	must(t, err)
	return address
}

// tryToRead opens files as the users of the halves.
func (m *machine) tryToRead(t *testing.T, worker, web int) {
	t.Helper()
	environ := func(pid int) string { return fmt.Sprintf("/proc/%d/environ", pid) }
	control := m.as(t.Context(), "roadstead-web", "sleep", "600")
	must(t, control.Start())
	t.Cleanup(func() {
		_ = control.Process.Kill()
		_ = control.Wait()
	})
	eventually(t, settled, func() error { return m.read(t, "roadstead-web", environ(control.Process.Pid)) })
	log := m.path("var/lib/roadstead-worker/log/kubernetes.log")
	for _, tc := range []struct {
		user, path string
		may        bool
	}{
		{"roadstead-worker", log, true},
		{"roadstead-worker", m.path("run/credentials/roadstead-worker/keyset"), true},
		{"roadstead-worker", m.path("etc/roadstead/keys/private"), false},
		{"roadstead-worker", m.path("etc/roadstead/web.env"), false},
		{"roadstead-worker", m.path("etc/roadstead/worker.env"), false},
		{"roadstead-worker", m.path("var/lib/roadstead-web"), false},
		{"roadstead-worker", environ(web), false},
		{"roadstead-worker", environ(worker), false}, // not even its own: the process is not dumpable
		{"roadstead-web", m.path("etc/roadstead/public"), true},
		{"roadstead-web", m.path("etc/roadstead/keys/private"), false},
		{"roadstead-web", m.path("run/credentials/roadstead-worker/keyset"), false},
		{"roadstead-web", log, false},
		{"roadstead-web", m.path("var/lib/roadstead-worker"), false},
		{"roadstead-web", m.path("etc/roadstead/worker.env"), false},
		{"roadstead-web", m.path("etc/roadstead/web.env"), false},
		{"roadstead-web", environ(worker), false},
		{"roadstead-web", environ(web), false},
	} {
		if err := m.read(t, tc.user, tc.path); (err == nil) != tc.may {
			t.Errorf("%s reads %s: %v, want it allowed: %v", tc.user, tc.path, err, tc.may)
		}
	}
}

// read opens a file or lists a folder as a user. What fails for another reason
// than missing rights fails the test.
func (m *machine) read(t *testing.T, user, path string) error {
	t.Helper()
	program := "cat"
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		program = "ls"
	}
	out, err := output(m.as(t.Context(), user, program, path))
	if err != nil && !strings.Contains(err.Error(), "Permission denied") {
		t.Fatal(err)
	}
	if err == nil && out == "" {
		return fmt.Errorf("%s is empty", path)
	}
	return err
}

// hardened reads what the kernel says of a process.
func hardened(t *testing.T, name string, pid int) {
	t.Helper()
	limits, err := os.ReadFile(fmt.Sprintf("/proc/%d/limits", pid))
	must(t, err)
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	must(t, err)
	told := map[string]string{}
	for line := range strings.Lines(string(status)) {
		key, value, _ := strings.Cut(line, ":")
		told[key] = strings.TrimSpace(value)
	}
	for line := range strings.Lines(string(limits)) {
		if rest, ok := strings.CutPrefix(line, "Max core file size"); ok {
			told["core"] = strings.Join(strings.Fields(rest), " ")
		}
	}
	for key, want := range map[string]string{"core": "0 0 bytes", "CapEff": "0000000000000000", "CapBnd": "0000000000000000", "NoNewPrivs": "1"} {
		if told[key] != want {
			t.Errorf("%s half: %s is %q, want %q", name, key, told[key], want)
		}
	}
}
