package archtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

const modulePath = "github.com/roadstead/roadstead"

// listed is what the go command knows of a package.
type listed struct {
	ImportPath string
	Dir        string
	GoFiles    []string
	Imports    []string
	Deps       []string

	name string // folder below the root of the repository
}

// source is the program without its tests, as the go command sees it.
type source struct {
	ours []listed
}

// program returns the packages of the root module. They are listed once for all tests.
func program(t *testing.T) source {
	t.Helper()
	loaded, err := loadProgram()
	if err != nil {
		t.Fatalf("listing the program: %v", err)
	}
	return loaded
}

var loadProgram = sync.OnceValues(func() (source, error) {
	command := exec.Command("go", "list", "-json=ImportPath,Dir,GoFiles,Imports,Deps", modulePath+"/...")
	command.Env = append(os.Environ(), "GOWORK=off")
	var stderr bytes.Buffer
	command.Stderr = &stderr
	output, err := command.Output()
	if err != nil {
		return source{}, errors.Join(err, errors.New(stderr.String()))
	}
	var all source
	decoder := json.NewDecoder(bytes.NewReader(output))
	for {
		var pkg listed
		if err := decoder.Decode(&pkg); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return source{}, err
		}
		pkg.name = strings.TrimPrefix(pkg.ImportPath, modulePath+"/")
		all.ours = append(all.ours, pkg)
	}
})

// root returns the folder of the repository.
func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	return dir
}
