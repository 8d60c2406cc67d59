package chartrepo

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"helm.sh/helm/v4/pkg/chart/loader/archive"
	chart "helm.sh/helm/v4/pkg/chart/v2"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	"helm.sh/helm/v4/pkg/chart/v2/util"
)

// Archive is a packaged chart.
type Archive struct {
	Metadata *chart.Metadata
	Data     []byte
}

// FileName is the name that Helm gives the archive.
func (a Archive) FileName() string { return a.Metadata.Name + "-" + a.Metadata.Version + ".tgz" }

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// Package packages the charts of sources (<name>/<version>/…) and the one that
// Helm creates, sorted by name and version.
func Package(sources fs.FS) ([]Archive, error) {
	scratch, err := os.MkdirTemp("", "devcluster-charts-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for the charts: %w", err)
	}
	defer func() { _ = os.RemoveAll(scratch) }()
	folders, err := fs.Glob(sources, "*/*")
	if err != nil {
		return nil, fmt.Errorf("list the charts: %w", err)
	}
	starter, err := newStarter(scratch)
	if err != nil {
		return nil, err
	}
	charts := []*chart.Chart{starter}
	for _, folder := range folders {
		c, err := load(sources, folder)
		if err != nil {
			return nil, fmt.Errorf("load chart %s: %w", folder, err)
		}
		charts = append(charts, c)
	}
	var archives []Archive
	for _, c := range charts {
		a, err := save(c, scratch)
		if err != nil {
			return nil, fmt.Errorf("package chart %s: %w", c.Name(), err)
		}
		archives = append(archives, a)
	}
	slices.SortFunc(archives, func(a, b Archive) int { return cmp.Compare(a.FileName(), b.FileName()) })
	return archives, nil
}

func load(sources fs.FS, folder string) (*chart.Chart, error) {
	var files []*archive.BufferedFile
	err := fs.WalkDir(sources, folder, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := fs.ReadFile(sources, name)
		if err != nil {
			return fmt.Errorf("read %s: %w", name, err)
		}
		files = append(files, &archive.BufferedFile{Name: strings.TrimPrefix(name, folder+"/"), Data: data})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read its files: %w", err)
	}
	c, err := loader.LoadFiles(files)
	if err != nil {
		return nil, fmt.Errorf("put it together: %w", err)
	}
	return c, nil
}

// packaged is the time of every file in every archive.
func packaged() time.Time { return time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC) }

func save(c *chart.Chart, dir string) (Archive, error) {
	c.StampModTimes(packaged())
	file, err := util.Save(c, dir)
	if err != nil {
		return Archive{}, fmt.Errorf("write the archive: %w", err)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return Archive{}, fmt.Errorf("read the archive: %w", err)
	}
	return Archive{Metadata: c.Metadata, Data: data}, nil
}
