package archtest

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const docsIndex = "docs/README.md"

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ +(.+)$`)
	fenced  = regexp.MustCompile("(?ms)^```.*?^```")
	unslug  = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

// TestLinksOfPagesResolve follows every relative link of every page, to a file and the heading in it.
func TestLinksOfPagesResolve(t *testing.T) {
	t.Parallel()
	all := pages(t)
	followed := 0
	for path, text := range all {
		for _, target := range links(text) {
			file, anchor, _ := strings.Cut(target, "#")
			if strings.Contains(file, ":") {
				continue // an address elsewhere
			}
			followed++
			to := path
			if file != "" {
				to = filepath.ToSlash(filepath.Join(filepath.Dir(path), file))
			}
			if _, err := os.Stat(filepath.Join(root(t), to)); err != nil {
				t.Errorf("%s links to %s: %v", path, target, err)
			} else if anchor != "" && !anchors(all[to])[anchor] {
				t.Errorf("%s links to %s, which has no heading of that name", path, target)
			}
		}
	}
	if followed < 50 {
		t.Errorf("the pages have %d links: are they read?", followed)
	}
}

// TestEveryPageIsInTheIndex finds all pages from the index, and the index from the README.
func TestEveryPageIsInTheIndex(t *testing.T) {
	t.Parallel()
	all := pages(t)
	listed := map[string]bool{docsIndex: strings.Contains(all["README.md"], "]("+docsIndex+")")}
	for _, target := range links(all[docsIndex]) {
		listed[filepath.ToSlash(filepath.Join(filepath.Dir(docsIndex), target))] = true
	}
	for path := range all {
		if strings.HasPrefix(path, "docs/") && !listed[path] {
			t.Errorf("%s is found from nowhere: add a line to %s", path, docsIndex)
		}
	}
}

// pages are the texts of all Markdown files, by path, without what they show as code.
func pages(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(root(t), func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (strings.HasPrefix(entry.Name(), ".") || entry.Name() == "testdata"):
			return filepath.SkipDir
		case entry.IsDir() || filepath.Ext(path) != ".md":
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(root(t), path)
		found[filepath.ToSlash(relative)] = fenced.ReplaceAllString(string(text), "")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func links(text string) []string {
	var targets []string
	for _, m := range link.FindAllStringSubmatch(text, -1) {
		targets = append(targets, m[1])
	}
	return targets
}

// anchors are the names that GitHub gives the headings of a page.
func anchors(text string) map[string]bool {
	names := map[string]bool{}
	for _, m := range heading.FindAllStringSubmatch(text, -1) {
		name := unslug.ReplaceAllString(strings.ToLower(m[1]), "")
		names[strings.ReplaceAll(name, " ", "-")] = true
	}
	return names
}
