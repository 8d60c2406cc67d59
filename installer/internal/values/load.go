package values

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"helm.sh/helm/v4/pkg/chart/v2/loader"
)

// maxBytes is the largest file of values that is read: a ConfigMap or Secret holds at most 1 MiB.
const maxBytes = 1 << 20

// Set is the values of one operation.
type Set struct {
	catalog map[string]any
	user    map[string]any
}

// Load reads the catalog's values and the user's. A missing file means no values.
func Load(catalogPath, userPath string) (Set, error) {
	catalog, err := read(catalogPath)
	if err != nil {
		return Set{}, fmt.Errorf("reading the catalog's values: %w", err)
	}
	user, err := read(userPath)
	if err != nil {
		return Set{}, fmt.Errorf("reading the user's values: %w", err)
	}
	return Set{catalog: catalog, user: user}, nil
}

// Merged returns the values for the chart: the user's over the catalog's, table by table.
func (s Set) Merged() map[string]any { return loader.MergeMaps(s.catalog, s.user) }

// User returns what the user gave, to be masked.
func (s Set) User() map[string]any { return s.user }

// read reads one file. Its errors hold no text of the file, which a parser's would.
func read(path string) (map[string]any, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return map[string]any{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the file: %w", err)
	}
	if len(text) > maxBytes {
		return nil, &RefusedError{Paths: []string{fmt.Sprintf("more than %d bytes", maxBytes)}}
	}
	values, err := loader.LoadValues(bytes.NewReader(text))
	if err != nil {
		return nil, &RefusedError{Paths: []string{"not a YAML mapping"}}
	}
	return values, nil
}
