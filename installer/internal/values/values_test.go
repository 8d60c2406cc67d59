package values_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"helm.sh/helm/v4/pkg/chart/loader/archive"
	chart "helm.sh/helm/v4/pkg/chart/v2"
	"helm.sh/helm/v4/pkg/chart/v2/loader"

	"github.com/roadstead/roadstead/installer/internal/values"
)

// write makes a file of a text; of nothing it makes none.
func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "values.yaml")
	if text == "" {
		return path
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestUserValuesGoOverTheCatalogs(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		catalog, user string
		want          map[string]any
	}{
		"no files":     {"", "", map[string]any{}},
		"tables merge": {"a: {b: 1, c: 2}", "a: {c: 3}", map[string]any{"a": map[string]any{"b": 1.0, "c": 3.0}}},
		"lists do not": {"a: [1, 2]", "a: [3]", map[string]any{"a": []any{3.0}}},
		"null stays to take a chart's default away": {"a: 1", "a: null", map[string]any{"a": nil}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			set, err := values.Load(write(t, tc.catalog), write(t, tc.user))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, set.Merged()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestUnreadableValuesAreNotQuoted(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"broken":   "password: \"hunter-2",
		"no table": "hunter-2",
		"too much": "a: " + strings.Repeat("hunter-2", 200_000),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := values.Load(write(t, ""), write(t, text))
			if _, ok := errors.AsType[*values.RefusedError](err); !ok || strings.Contains(err.Error(), "hunter") {
				t.Errorf("got %v", err)
			}
		})
	}
}

// schemas serves schemas by their addresses.
type schemas map[string]string

func (s schemas) Schema(address string) ([]byte, error) {
	text, ok := s[address]
	if !ok {
		return nil, fmt.Errorf("asked for %s", address)
	}
	return []byte(text), nil
}

// load makes a chart of files.
func load(t *testing.T, files map[string]string) *chart.Chart {
	t.Helper()
	list := []*archive.BufferedFile{{Name: "Chart.yaml", Data: []byte("apiVersion: v2\nname: web\nversion: 1.0.0\n")}}
	for name, text := range files {
		list = append(list, &archive.BufferedFile{Name: name, Data: []byte(text)})
	}
	ch, err := loader.LoadFiles(list)
	if err != nil {
		t.Fatal(err)
	}
	return ch
}

const subchart = "apiVersion: v2\nname: sub\nversion: 1.0.0\n"

func TestValidate(t *testing.T) {
	t.Parallel()
	ports := `{"properties":{"host":{},"port":{"type":"integer"},"name":{"pattern":"^[a-z]+$"}},"required":["host"],"additionalProperties":false}`
	for name, tc := range map[string]struct {
		files  map[string]string
		values map[string]any
		want   []string
	}{
		"no schema": {nil, map[string]any{"port": "x"}, nil},
		"all fits":  {map[string]string{"values.schema.json": ports}, map[string]any{"host": "h", "port": 1.0}, nil},
		"kinds of misfit": {
			map[string]string{"values.schema.json": ports},
			map[string]any{"port": "hunter-2", "name": "Hunter-2", "hots": "h"},
			[]string{"/host: missing", "/hots: not known", "/name", "/port: want integer"},
		},
		"the chart's own values count": {
			map[string]string{"values.schema.json": ports, "values.yaml": "host: h\n"}, nil, nil,
		},
		"subchart": {
			map[string]string{"charts/sub/Chart.yaml": subchart, "charts/sub/values.schema.json": ports},
			map[string]any{"sub": map[string]any{"host": "h", "port": "x"}},
			[]string{"/sub/global: not known", "/sub/port: want integer"}, // Helm gives every subchart its globals
		},
		"subchart without a table": {
			map[string]string{"charts/sub/Chart.yaml": subchart}, map[string]any{"sub": "x"}, []string{"/sub: want object"},
		},
		"schema elsewhere": {
			map[string]string{"values.schema.json": `{"properties":{"port":{"$ref":"https://example.com/port.json"}}}`},
			map[string]any{"port": "x"},
			[]string{"/port: want integer"},
		},
		"schema with a name only": {
			map[string]string{"values.schema.json": `{"properties":{"port":{"$ref":"urn:example:port"}}}`}, map[string]any{"port": "x"}, nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			served := schemas{"https://example.com/port.json": `{"type":"integer"}`}
			err := values.Validate(load(t, tc.files), tc.values, served)
			refused, ok := errors.AsType[*values.RefusedError](err)
			if err != nil && !ok {
				t.Fatal(err)
			}
			var got []string
			if ok {
				got = refused.Paths
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A schema must not make us read files of the pod, such as the token, nor fetch without end.
func TestSchemaThatReachesOut(t *testing.T) {
	t.Parallel()
	endless := make(map[string]string)
	for i := range 40 {
		endless[fmt.Sprintf("https://example.com/%d", i)] = fmt.Sprintf(`{"$ref":"https://example.com/%d"}`, i+1)
	}
	for name, schema := range map[string]string{
		"a file":        `{"$ref":"file:///etc/passwd"}`,
		"relative file": `{"$ref":"other.json"}`,
		"a chain":       `{"$ref":"https://example.com/0"}`,
		"no JSON":       `{`,
		"too deep":      strings.Repeat(`{"not":`, 20_000) + "{}" + strings.Repeat("}", 20_000),
		"too large":     `{"description":"` + strings.Repeat("x", 6<<20) + `"}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := values.Validate(load(t, map[string]string{"values.schema.json": schema}), nil, schemas(endless))
			if _, refused := errors.AsType[*values.RefusedError](err); err == nil || refused {
				t.Errorf("got %v", err)
			}
		})
	}
}
