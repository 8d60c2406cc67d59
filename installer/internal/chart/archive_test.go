package chart

import (
	"archive/tar"
	"slices"
	"strings"
	"testing"

	"github.com/roadstead/roadstead/installer/internal/charttest"
)

// one packs a single entry beside a Chart.yaml.
func one(t *testing.T, h tar.Header, content string) []byte {
	t.Helper()
	yaml := tar.Header{Name: "web/Chart.yaml", Typeflag: tar.TypeReg}
	return charttest.Tape(t, []tar.Header{yaml, h}, func(x tar.Header) string {
		if x.Name == yaml.Name {
			return charttest.Chart("web", "1.0.0", nil)["Chart.yaml"]
		}
		return content
	})
}

// small are limits that a test reaches quickly.
func small() *budget { return &budget{bytes: 100_000, files: 50} }

func TestArchivesThatAreRefused(t *testing.T) {
	t.Parallel()
	file := func(name string) tar.Header { return tar.Header{Name: name, Typeflag: tar.TypeReg} }
	bomb := charttest.Pack(t, "web", charttest.Files{"big": strings.Repeat("\x00", 100_001)})
	half := string(charttest.Pack(t, "sub", charttest.Files{"big": strings.Repeat("\x00", 60_000)}))
	link := one(t, tar.Header{Name: "web/x", Typeflag: tar.TypeSymlink, Linkname: "/etc/passwd"}, "")
	nested := charttest.Pack(t, "sub", charttest.Chart("sub", "1.0.0", nil))
	for range maxNesting {
		nested = charttest.Pack(t, "sub", charttest.Files{"charts/sub.tgz": string(nested)})
	}
	for name, content := range map[string][]byte{
		"no archive":              []byte("not a gzip stream"),
		"cut short":               bomb[:len(bomb)/2],
		"symbolic link":           link,
		"hard link":               one(t, tar.Header{Name: "web/x", Typeflag: tar.TypeLink, Linkname: "web/Chart.yaml"}, ""),
		"device":                  one(t, tar.Header{Name: "web/x", Typeflag: tar.TypeChar}, ""),
		"path to the parent":      one(t, file("web/../../x"), ""),
		"path from the root":      one(t, file("/x"), ""),
		"path with backslashes":   one(t, file(`web/..\..\x`), ""),
		"file beside the folder":  one(t, file("x"), ""),
		"too large":               bomb,
		"too large in a subchart": charttest.Pack(t, "web", charttest.Files{"charts/sub.tgz": string(bomb)}),
		"two large subcharts":     charttest.Pack(t, "web", charttest.Files{"charts/a.tgz": half, "charts/b.tgz": half}),
		"link in a subchart":      charttest.Pack(t, "web", charttest.Files{"charts/sub.tgz": string(link)}),
		"charts in charts in …":   nested,
		"too many files":          charttest.Tape(t, slices.Repeat([]tar.Header{file("web/a")}, 51), func(tar.Header) string { return "" }),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := small().unpack(content, maxNesting); err == nil {
				t.Error("accepted")
			}
		})
	}
}

func TestChartsThatAreRefused(t *testing.T) {
	t.Parallel()
	for name, files := range map[string]charttest.Files{
		"other name":         {"Chart.yaml": "apiVersion: v2\nname: other\nversion: 1.0.0\n"},
		"name with a path":   {"Chart.yaml": "apiVersion: v2\nname: ../web\nversion: 1.0.0\n"},
		"other version":      {"Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.1\n"},
		"library":            {"Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\ntype: library\n"},
		"missing dependency": {"Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\ndependencies: [{name: db, version: 1.0.0, repository: 'http://169.254.169.254/'}]\n"},
		"no Chart.yaml":      {"Chart.yaml": ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, err := open(charttest.Pack(t, "web", charttest.Chart("web", "1.0.0", files)))
			if err != nil {
				t.Fatal(err)
			}
			if err := a.check(Source{Name: "web", Version: "1.0.0"}); err == nil {
				t.Error("accepted")
			}
		})
	}
}

func TestChartWithItsDependenciesIsAccepted(t *testing.T) {
	t.Parallel()
	packed := charttest.Pack(t, "db", charttest.Chart("db", "1.0.0", nil))
	a, err := open(charttest.Pack(t, "web", charttest.Files{
		"Chart.yaml":          "apiVersion: v2\nname: web\nversion: v1.0.0\ndependencies: [{name: db, version: 1.0.0}, {name: cache, version: 1.0.0}]\n",
		"charts/db-1.0.0.tgz": string(packed), "charts/cache/Chart.yaml": "apiVersion: v2\nname: cache\nversion: 1.0.0\n",
	}))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // loading leaves the archive as it is
		if err := a.check(Source{Name: "web", Version: "1.0.0"}); err != nil {
			t.Error(err)
		}
	}
}
