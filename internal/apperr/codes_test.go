package apperr_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"testing"

	"github.com/roadstead/roadstead/internal/apperr"
)

// TestEveryConstantIsInTheTable reads the declared codes from the source, so that none can be forgotten.
func TestEveryConstantIsInTheTable(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(token.NewFileSet(), "code.go", nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	declared := 0
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		for _, v := range spec.Values {
			code, err := strconv.Unquote(v.(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			declared++
			if _, ok := apperr.Lookup(apperr.Code(code)); !ok {
				t.Errorf("%s has no row in the table", code)
			}
		}
		return true
	})
	rows := 0
	for range apperr.All() {
		rows++
	}
	if declared != rows {
		t.Errorf("%d codes declared, %d rows in the table", declared, rows)
	}
}
