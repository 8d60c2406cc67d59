package archtest

import (
	"go/ast"
	"slices"
	"testing"
)

func TestTestsSleepInBubblesOnly(t *testing.T) {
	t.Parallel()
	for _, f := range files(t) {
		if !f.isTest() || imports(f, "testing/synctest") {
			continue
		}
		for _, used := range usesOf(f, "time") {
			if used.Sel.Name == "Sleep" {
				t.Errorf("%s:%d: a test that sleeps is slow or flaky: wait for the event, or use testing/synctest", f.path, f.line(used.Pos()))
			}
		}
	}
}

func imports(f file, importPath string) bool {
	return slices.ContainsFunc(f.syntax.Imports, func(spec *ast.ImportSpec) bool { return spec.Path.Value == `"`+importPath+`"` })
}
