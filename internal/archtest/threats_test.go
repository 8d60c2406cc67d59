package archtest

import (
	"go/ast"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const threatModel = "docs/reference/threat-model.md"

// TestThreatModelNamesWhatExists looks up every test and file that the threat model names.
func TestThreatModelNamesWhatExists(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(root(t), threatModel))
	if err != nil {
		t.Fatal(err)
	}
	exists := map[string]bool{}
	for _, f := range files(t) {
		for _, declaration := range f.syntax.Decls {
			if function, ok := declaration.(*ast.FuncDecl); ok && f.isTest() {
				exists[function.Name.Name] = true
			}
		}
	}
	tests, paths := 0, 0
	for _, m := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(string(text), -1) {
		name := m[1]
		switch {
		case strings.HasPrefix(name, "Test"), strings.HasPrefix(name, "Fuzz"):
			tests++
			if name != "Test" && name != "Fuzz" && !exists[name] {
				t.Errorf("%s names the test %s, which does not exist", threatModel, name)
			}
		case strings.Contains(name, "/"):
			paths++
			if _, err := os.Stat(filepath.Join(root(t), name)); err != nil {
				t.Errorf("%s names the file %s: %v", threatModel, name, err)
			}
		}
	}
	if tests < 40 || paths == 0 {
		t.Errorf("%s names %d tests and %d files: is it read?", threatModel, tests, paths)
	}
}
