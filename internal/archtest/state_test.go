package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"strings"
	"testing"
)

// A package-level variable is allowed when nobody can tell it from a constant: an embedded file, a sentinel error, a
// compiled pattern, an assertion to the compiler, the version that the linker stamps, or a table that is given its value
// where it is declared and that its package never changes.

func TestNoCodeRunsBeforeMain(t *testing.T) {
	t.Parallel()
	for _, f := range files(t) {
		for _, declaration := range f.syntax.Decls {
			if function, ok := declaration.(*ast.FuncDecl); ok && function.Recv == nil && function.Name.Name == "init" {
				t.Errorf("%s:%d: init runs unasked: let main or a constructor do it", f.path, f.line(function.Pos()))
			}
		}
	}
}

func TestPackagesHoldNoState(t *testing.T) {
	t.Parallel()
	byFolder := map[string][]file{}
	for _, f := range files(t) {
		if !f.isTest() && !isFaultBuild(f) && !isKit(f) {
			byFolder[path.Dir(f.path)] = append(byFolder[path.Dir(f.path)], f)
		}
	}
	for _, pkg := range byFolder {
		changed := changedNames(pkg)
		for _, f := range pkg {
			for _, variable := range variables(f) {
				if why := stateful(f, variable, changed); why != "" {
					t.Errorf("%s:%d: the package-level variable %s %s", f.path, f.line(variable.name.Pos()), variable.name.Name, why)
				}
			}
		}
	}
}

// isKit reports whether a file belongs to a test kit, which may hold what the tests of a process share.
func isKit(f file) bool {
	return layerOf(strings.TrimPrefix(path.Dir(f.path), "internal/")) == "kit"
}

// isFaultBuild reports whether a file belongs only to the build that dies on purpose, whose counters are global.
func isFaultBuild(f file) bool {
	for _, comment := range f.syntax.Comments {
		if comment.List[0].Text == "//go:build fault" {
			return true
		}
	}
	return false
}

// variable is one package-level variable.
type variable struct {
	name     *ast.Ident
	value    ast.Expr // nil when it has none of its own
	embedded bool
}

func variables(f file) []variable {
	var found []variable
	for _, declaration := range f.syntax.Decls {
		general, ok := declaration.(*ast.GenDecl)
		if !ok || general.Tok != token.VAR {
			continue
		}
		for _, spec := range general.Specs {
			found = append(found, declared(spec.(*ast.ValueSpec), general.Doc)...)
		}
	}
	return found
}

func declared(spec *ast.ValueSpec, doc *ast.CommentGroup) []variable {
	var found []variable
	for i, name := range spec.Names {
		v := variable{name: name, embedded: isEmbed(doc) || isEmbed(spec.Doc)}
		if len(spec.Values) == len(spec.Names) {
			v.value = spec.Values[i]
		}
		found = append(found, v)
	}
	return found
}

func isEmbed(doc *ast.CommentGroup) bool {
	if doc == nil {
		return false
	}
	for _, comment := range doc.List {
		if strings.HasPrefix(comment.Text, "//go:embed ") {
			return true
		}
	}
	return false
}

// stateful says what makes a variable more than a constant, or "".
func stateful(f file, v variable, changed map[string]bool) string {
	sentinel := strings.HasPrefix(v.name.Name, "Err")
	stamped := f.syntax.Name.Name == "main" && v.name.Name == "version"
	switch {
	case v.name.Name == "_" || v.embedded || stamped:
		return ""
	case changed[v.name.Name]:
		return "is changed by its package"
	case v.value == nil:
		return "has no value where it is declared, so something must give it one"
	case v.name.IsExported() && !sentinel:
		return "can be changed by every package: export a function"
	case isFresh(v.value):
		return "is empty or shared by pointer, so it is there to be changed"
	}
	return ""
}

// isFresh reports whether the expression makes something that is of use only when it is changed or shared: make, new, a
// pointer to a literal.
func isFresh(value ast.Expr) bool {
	switch value := value.(type) {
	case *ast.UnaryExpr:
		return value.Op == token.AND
	case *ast.CallExpr:
		called, ok := value.Fun.(*ast.Ident)
		return ok && (called.Name == "make" || called.Name == "new")
	}
	return false
}

// changedNames returns the package-level names that a package assigns to, through an index or a field too.
func changedNames(pkg []file) map[string]bool {
	changed := map[string]bool{}
	for _, f := range pkg {
		for _, declaration := range f.syntax.Decls {
			if function, ok := declaration.(*ast.FuncDecl); ok {
				local := localNames(function)
				for _, name := range assigned(function) {
					changed[name] = changed[name] || !local[name]
				}
			}
		}
	}
	return changed
}

// assigned returns the names at the root of everything that a function changes.
func assigned(function *ast.FuncDecl) []string {
	var names []string
	ast.Inspect(function, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.AssignStmt:
			for _, target := range node.Lhs {
				names = append(names, base(target))
			}
		case *ast.IncDecStmt:
			names = append(names, base(node.X))
		case *ast.CallExpr:
			if called, ok := node.Fun.(*ast.Ident); ok && (called.Name == "delete" || called.Name == "clear") {
				names = append(names, base(node.Args[0]))
			}
		}
		return true
	})
	return names
}

// localNames returns the names that a function declares: receiver, parameters, results and variables.
func localNames(function *ast.FuncDecl) map[string]bool {
	local := map[string]bool{}
	declare := func(names ...ast.Expr) {
		for _, name := range names {
			if name, ok := name.(*ast.Ident); ok {
				local[name.Name] = true
			}
		}
	}
	ast.Inspect(function, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.Field:
			for _, name := range node.Names {
				declare(name)
			}
		case *ast.ValueSpec:
			for _, name := range node.Names {
				declare(name)
			}
		case *ast.AssignStmt:
			if node.Tok == token.DEFINE {
				declare(node.Lhs...)
			}
		case *ast.RangeStmt:
			if node.Tok == token.DEFINE {
				declare(node.Key, node.Value)
			}
		}
		return true
	})
	return local
}

// base returns the name at the root of a[i].b, or "" for a target that starts with a call.
func base(target ast.Expr) string {
	switch target := target.(type) {
	case *ast.Ident:
		return target.Name
	case *ast.IndexExpr:
		return base(target.X)
	case *ast.SelectorExpr:
		return base(target.X)
	case *ast.StarExpr:
		return base(target.X)
	case *ast.ParenExpr:
		return base(target.X)
	}
	return ""
}

func TestStatefulVariablesAreFound(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		source string
		want   bool
	}{
		"a table":               {`var table = []int{1}; func f() int { return table[0] }`, false},
		"a sentinel":            {`var ErrX = errors.New("x")`, false},
		"an assertion":          {`var _ I = T{}`, false},
		"an embedded file":      {"//go:embed x\nvar files embed.FS", false},
		"a shadowed table":      {`var table = []int{1}; func f() { table := 1; table = 2 }`, false},
		"a shadowing parameter": {`var table = []int{1}; func f(table T) { table.x = 2 }`, false},
		"an assigned table":     {`var table = []int{1}; func f() { table = nil }`, true},
		"an assigned element":   {`var table = []int{1}; func f() { table[0].x = 2 }`, true},
		"a deleted entry":       {`var table = map[int]int{1: 1}; func f() { delete(table, 1) }`, true},
		"a counter":             {`var n = 0; func f() { n++ }`, true},
		"an empty map":          {`var cache = make(map[int]int)`, true},
		"a lock":                {`var mu sync.Mutex`, true},
		"a shared pointer":      {`var client = &Client{}`, true},
		"an exported table":     {`var Table = []int{1}`, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tokens := token.NewFileSet()
			syntax, err := parser.ParseFile(tokens, "x.go", "package x\n"+strings.ReplaceAll(test.source, "; ", "\n"), parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			f := file{path: "x.go", syntax: syntax, tokens: tokens}
			why := stateful(f, variables(f)[0], changedNames([]file{f}))
			if (why != "") != test.want {
				t.Errorf("stateful = %q, want a reason: %t", why, test.want)
			}
		})
	}
}
