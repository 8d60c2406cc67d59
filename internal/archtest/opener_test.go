package archtest

import (
	"go/ast"
	"path"
	"slices"
	"strings"
	"testing"
)

// openerHome is where the worker parts are put together. Whoever else held the opener could read every credential, and
// whoever held the signer could write the audit record anew.
const openerHome = "internal/app/worker"

func TestOnlyWorkersAreHandedTheOpener(t *testing.T) {
	t.Parallel()
	all := files(t)
	names := openerNames(all)
	for _, guarded := range openers() {
		if !slices.Contains(names, guarded) {
			t.Fatalf("secret no longer declares %s: this test guards a name that is gone", guarded)
		}
	}
	for _, f := range all {
		if f.isTest() || strings.HasPrefix(f.path, "internal/secret/") || strings.HasPrefix(f.path, openerHome) {
			continue
		}
		for _, used := range usesOf(f, modulePath+"/internal/secret") {
			if slices.Contains(names, used.Sel.Name) {
				t.Errorf("%s:%d: secret.%s belongs in %s*.go: the web half writes secrets and cannot read them or sign",
					f.path, f.line(used.Pos()), used.Sel.Name, openerHome)
			}
		}
	}
}

// openers are the types of secret that use private keys.
func openers() []string { return []string{"Opener", "Signer"} }

// openerNames returns these types and the exported functions of secret that hand one out.
func openerNames(all []file) []string {
	var names []string
	for _, f := range all {
		if path.Dir(f.path) != "internal/secret" || f.isTest() {
			continue
		}
		ast.Inspect(f.syntax, func(node ast.Node) bool {
			switch node := node.(type) {
			case *ast.TypeSpec:
				if slices.Contains(openers(), node.Name.Name) {
					names = append(names, node.Name.Name)
				}
			case *ast.FuncDecl:
				if node.Recv == nil && node.Name.IsExported() && mentionsOpener(node.Type.Results) {
					names = append(names, node.Name.Name)
				}
			}
			return true
		})
	}
	return names
}

func mentionsOpener(results *ast.FieldList) bool {
	found := false
	if results != nil {
		ast.Inspect(results, func(node ast.Node) bool {
			name, ok := node.(*ast.Ident)
			found = found || (ok && slices.Contains(openers(), name.Name))
			return true
		})
	}
	return found
}

// usesOf returns the selectors on the given package.
func usesOf(f file, importPath string) []*ast.SelectorExpr {
	local := ""
	for _, spec := range f.syntax.Imports {
		if strings.Trim(spec.Path.Value, `"`) == importPath {
			local = path.Base(importPath)
			if spec.Name != nil {
				local = spec.Name.Name
			}
		}
	}
	var used []*ast.SelectorExpr
	ast.Inspect(f.syntax, func(node ast.Node) bool {
		if selector, ok := node.(*ast.SelectorExpr); ok && local != "" {
			if name, ok := selector.X.(*ast.Ident); ok && name.Name == local {
				used = append(used, selector)
			}
		}
		return true
	})
	return used
}
