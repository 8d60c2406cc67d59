package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRunCountsOverModules(t *testing.T) {
	t.Parallel()
	const passing = "package p\n\nimport \"testing\"\n\nfunc TestA(t *testing.T) { t.Run(\"b\", func(t *testing.T) {}) }\n"
	tests := map[string]struct {
		modules []string // the test file of each
		ok      bool
		last    string
		shown   string
	}{
		"all pass":     {[]string{passing, passing}, true, "4 passed, 0 failed", "ok   example.org/m0"},
		"no test ran":  {[]string{"package p\n"}, false, "0 passed, 0 failed", ""},
		"one fails":    {[]string{"package p\n\nimport \"testing\"\n\nfunc TestA(t *testing.T) { t.Error(\"boom\") }\n", passing}, false, "2 passed, 1 failed", "boom"},
		"one skips":    {[]string{passing, "package p\n\nimport \"testing\"\n\nfunc TestA(t *testing.T) { t.Skip(\"why\") }\n"}, false, "2 passed, 0 failed, 1 skipped", "why"},
		"no build":     {[]string{"package p\n\nvar x int = \"\"\n", passing}, false, "2 passed, 1 failed", "cannot use"},
		"process dies": {[]string{"package p\n\nimport (\n\"os\"\n\"testing\"\n)\n\nfunc TestA(t *testing.T) { println(\"last words\"); os.Exit(3) }\n"}, false, "0 passed, 1 failed", "last words"},
		"no module":    {[]string{""}, false, "0 passed, 1 failed", "listing the packages"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var args []string
			for n, source := range test.modules {
				args = append(args, module(t, "example.org/m"+string(rune('0'+n)), source))
			}
			var out, errOut bytes.Buffer

			ok := run(t.Context(), append(args, "--", "-count=1"), &out, &errOut)

			lines := strings.Split(strings.TrimSpace(out.String()), "\n")
			if last := lines[len(lines)-1]; ok != test.ok || last != test.last {
				t.Errorf("ok = %t, last line = %q; want %t, %q", ok, last, test.ok, test.last)
			}
			if !strings.Contains(out.String(), test.shown) {
				t.Errorf("output lacks %q:\n%s\n%s", test.shown, out.String(), errOut.String())
			}
		})
	}
}

// module makes a module whose only test file has the given source, or a folder that is no module for an empty one.
func module(t *testing.T, path, source string) string {
	t.Helper()
	dir := t.TempDir()
	if source == "" {
		return dir
	}
	for name, content := range map[string]string{"go.mod": "module " + path + "\n\ngo 1.26.0\n", "p_test.go": source} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
