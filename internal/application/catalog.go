package application

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/roadstead/roadstead/internal/apperr"
)

//go:embed catalog/*.yaml
var builtin embed.FS

// maxEntryFile bounds a file of the catalog, in bytes.
const maxEntryFile = 1 << 20

// Catalog is what can be installed before an administrator stores anything: the
// built-in entries and those of the operator's folder.
type Catalog struct {
	entries map[string]Entry
}

// LoadCatalog reads the built-in entries and then those in dir, which replace
// built-in ones of the same name. An empty dir means the built-in ones only.
// One wrong file fails the whole: better no start than a catalog with holes.
func LoadCatalog(dir string) (*Catalog, error) {
	c := &Catalog{entries: map[string]Entry{}}
	if err := c.load(builtin, "catalog", BuiltIn); err != nil {
		return nil, fmt.Errorf("load the built-in catalog: %w", err)
	}
	if dir == "" {
		return c, nil
	}
	if err := c.load(os.DirFS(dir), ".", File); err != nil {
		return nil, fmt.Errorf("load the catalog folder %s: %w", dir, err)
	}
	return c, nil
}

// Entries lists the catalog by name.
func (c *Catalog) Entries() []Entry {
	return slices.SortedFunc(maps.Values(c.entries), func(a, b Entry) int { return strings.Compare(a.Name, b.Name) })
}

// Entry finds an entry, or returns an error of code application_unknown.
func (c *Catalog) Entry(name string) (Entry, error) {
	e, ok := c.entries[name]
	if !ok {
		return Entry{}, apperr.Of(apperr.ApplicationUnknown)
	}
	return e, nil
}

func (c *Catalog) load(files fs.FS, dir string, origin Origin) error {
	names, err := fs.Glob(files, path.Join(dir, "*.yaml"))
	if err != nil {
		return fmt.Errorf("list it: %w", err)
	}
	if len(names) == 0 {
		// Glob passes over a folder that cannot be read.
		if _, err := fs.ReadDir(files, dir); err != nil {
			return fmt.Errorf("list it: %w", err)
		}
	}
	for _, name := range names {
		e, err := readEntry(files, name)
		if err != nil {
			return fmt.Errorf("file %s: %w", path.Base(name), err)
		}
		e.Origin = origin
		c.entries[e.Name] = e
	}
	return nil
}

func readEntry(files fs.FS, name string) (Entry, error) {
	file, err := files.Open(name)
	if err != nil {
		return Entry{}, fmt.Errorf("open it: %w", err)
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxEntryFile+1))
	if err != nil {
		return Entry{}, fmt.Errorf("read it: %w", err)
	}
	e, err := ParseEntry(data)
	if err == nil && e.Name != strings.TrimSuffix(path.Base(name), ".yaml") {
		err = apperr.New(apperr.ValidationFailed, fmt.Sprintf("The entry in it is called %q.", e.Name),
			"Name the file after its entry.")
	}
	return e, err
}

// ParseEntry reads one entry. Unknown fields are refused.
func ParseEntry(data []byte) (Entry, error) {
	if len(data) > maxEntryFile {
		return Entry{}, apperr.New(apperr.ValidationFailed, "The catalog entry is larger than 1 MiB.", "")
	}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	decoder.KnownFields(true)
	var e Entry
	if err := decoder.Decode(&e); err != nil {
		// The operator wrote the file: the parser's words name line and field.
		return Entry{}, apperr.Wrap(err, apperr.ValidationFailed,
			"The catalog entry cannot be read: "+apperr.Clean(err.Error(), maxLine).String(), "See the reference of the catalog format.")
	}
	if err := decoder.Decode(new(Entry)); !errors.Is(err, io.EOF) {
		return Entry{}, apperr.New(apperr.ValidationFailed, "The file holds more than one catalog entry.", "Write one file for each.")
	}
	if err := e.Validate(); err != nil {
		return Entry{}, err
	}
	e.Title, e.Description = plain(e.Title), plain(e.Description)
	return e, nil
}

// plain takes out what could change how a line of a list reads.
func plain(text string) string {
	return strings.TrimSpace(apperr.Clean(text, len(text)).String())
}
