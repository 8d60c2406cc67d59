package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	maxFileLines     = 400
	maxFunctionLines = 60
)

// file is one Go file of the repository, whichever module it belongs to.
type file struct {
	path   string // below the root of the repository
	syntax *ast.File
	tokens *token.FileSet
}

func (f file) isTest() bool { return strings.HasSuffix(f.path, "_test.go") }

// line returns the line of a position.
func (f file) line(pos token.Pos) int { return f.tokens.Position(pos).Line }

// files returns every Go file that a person wrote.
func files(t *testing.T) []file {
	t.Helper()
	repository := root(t)
	var found []file
	err := filepath.WalkDir(repository, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (strings.HasPrefix(entry.Name(), ".") || entry.Name() == "testdata"):
			return filepath.SkipDir
		case entry.IsDir() || filepath.Ext(path) != ".go":
			return nil
		}
		tokens := token.NewFileSet()
		syntax, err := parser.ParseFile(tokens, path, nil, parser.ParseComments)
		if err != nil || ast.IsGenerated(syntax) {
			return err
		}
		relative, err := filepath.Rel(repository, path)
		found = append(found, file{path: filepath.ToSlash(relative), syntax: syntax, tokens: tokens})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestFilesAreShort(t *testing.T) {
	t.Parallel()
	for _, f := range files(t) {
		if lines := f.line(f.syntax.FileEnd); lines > maxFileLines {
			t.Errorf("%s has %d lines, of %d at most: split it by concept", f.path, lines, maxFileLines)
		}
	}
}

func TestFunctionsAreShort(t *testing.T) {
	t.Parallel()
	for _, f := range files(t) {
		if f.isTest() {
			continue // a table of cases is long and simple
		}
		for _, declaration := range f.syntax.Decls {
			function, ok := declaration.(*ast.FuncDecl)
			if !ok {
				continue
			}
			if lines := f.line(function.End()) - f.line(function.Pos()) + 1; lines > maxFunctionLines {
				t.Errorf("%s:%d: %s has %d lines, of %d at most", f.path, f.line(function.Pos()), function.Name, lines, maxFunctionLines)
			}
		}
	}
}

func TestPackagesSayWhatTheyOwn(t *testing.T) {
	t.Parallel()
	for _, pkg := range program(t).ours {
		if strings.HasPrefix(pkg.name, "cmd/") || layerOf(strings.TrimPrefix(pkg.name, "internal/")) == "generated" {
			continue // a command is described where it starts, generated code by its generator
		}
		checkDoc(t, pkg.Dir, filepath.Base(pkg.name))
	}
}

// checkDoc looks for doc.go with a package comment of the usual form and of more than one sentence.
func checkDoc(t *testing.T, dir, name string) {
	t.Helper()
	syntax, err := parser.ParseFile(token.NewFileSet(), filepath.Join(dir, "doc.go"), nil, parser.ParseComments)
	switch {
	case os.IsNotExist(err):
		t.Errorf("%s has no doc.go, which says what it owns and what it leaves to others", name)
	case err != nil:
		t.Error(err)
	case !strings.HasPrefix(syntax.Doc.Text(), "Package "+name+" "):
		t.Errorf("doc.go of %s does not begin with %q", name, "Package "+name+" …")
	case strings.Count(syntax.Doc.Text(), ".") < 2:
		t.Errorf("doc.go of %s is too short to say what it owns and what it leaves to others", name)
	case len(syntax.Decls) > 0:
		t.Errorf("doc.go of %s holds more than the package comment", name)
	}
}
