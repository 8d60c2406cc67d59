package archtest

import (
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// modules are the folders of the modules.
func modules() []string {
	return []string{".", "installer", "devcluster", "tools", "internal/eks/verifiertest", "internal/gitlabapi/clienttest", "internal/oidc/oidctest"}
}

// goMod is what the rules need of a go.mod.
type goMod struct {
	Module  struct{ Path string }
	Replace []struct {
		Old, New struct{ Path, Version string }
	}
}

func TestEveryModuleIsListed(t *testing.T) {
	t.Parallel()
	found := 0
	err := filepath.WalkDir(root(t), func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (strings.HasPrefix(entry.Name(), ".") || entry.Name() == "testdata"):
			return filepath.SkipDir
		case entry.Name() == "go.mod":
			found++
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if found != len(modules()) {
		t.Errorf("there are %d modules; the rules and the Makefile know %v", found, modules())
	}
}

func TestModulesBuildAlone(t *testing.T) {
	t.Parallel()
	for _, module := range modules() {
		t.Run(module, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(root(t), module)
			want := strings.TrimSuffix(modulePath+"/"+module, "/.")
			parsed := readGoMod(t, dir)
			if parsed.Module.Path != want {
				t.Errorf("module path = %s, want %s", parsed.Module.Path, want)
			}
			for _, replace := range parsed.Replace {
				up := filepath.Join(module, replace.New.Path)
				if local := replace.New.Version == ""; local && (replace.Old.Path != modulePath || up != ".") {
					t.Errorf("%s is replaced by the folder %s; only the root module may be, by the root", replace.Old.Path, replace.New.Path)
				}
			}
		})
	}
}

func TestNoWorkspaceIsCommitted(t *testing.T) {
	t.Parallel()
	command := exec.Command("git", "ls-files", "--", "go.work", "*/go.work")
	command.Dir = root(t)
	if committed, err := command.Output(); err == nil && len(committed) > 0 {
		t.Errorf("committed: %s", committed)
	}
}

func readGoMod(t *testing.T, dir string) goMod {
	t.Helper()
	command := exec.Command("go", "mod", "edit", "-json")
	command.Dir = dir
	command.Env = append(os.Environ(), "GOWORK=off")
	output, err := command.Output()
	if err != nil {
		t.Fatalf("reading go.mod: %v", err)
	}
	var parsed goMod
	if err := json.Unmarshal(output, &parsed); err != nil {
		t.Fatal(err)
	}
	return parsed
}
