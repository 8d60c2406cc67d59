package chart

import (
	"errors"
	"fmt"

	"github.com/Masterminds/semver/v3"
	"helm.sh/helm/v4/pkg/action"
	"helm.sh/helm/v4/pkg/chart"
	helmarchive "helm.sh/helm/v4/pkg/chart/loader/archive"
	chartv2 "helm.sh/helm/v4/pkg/chart/v2"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
)

// Load makes a chart of the archive. Every call returns one of its own, since using a chart changes it, though
// never the content of its files, which all share.
func (a *Archive) Load() (*chartv2.Chart, error) {
	files := make([]*helmarchive.BufferedFile, len(a.files))
	for i, f := range a.files {
		files[i] = &helmarchive.BufferedFile{Name: f.Name, ModTime: f.ModTime, Data: f.Data}
	}
	ch, err := loader.LoadFiles(files)
	if err != nil {
		return nil, fmt.Errorf("loading the chart: %w", err)
	}
	return ch, nil
}

// check compares the chart in the archive with the wanted one, and sees that it is complete: a missing
// dependency would have to be fetched from wherever the chart says.
func (a *Archive) check(s Source) error {
	ch, err := a.Load()
	if err != nil {
		return err
	}
	if ch.Name() != s.Name {
		return errors.New("the archive holds a chart of another name")
	}
	if !sameVersion(ch.Metadata.Version, s.Version) {
		return errors.New("the archive holds another version of the chart")
	}
	if ch.Metadata.Type == "library" {
		return errors.New("it is a library, which cannot be installed")
	}
	deps := make([]chart.Dependency, 0, len(ch.Metadata.Dependencies))
	for _, d := range ch.Metadata.Dependencies {
		deps = append(deps, d)
	}
	if err := action.CheckDependencies(ch, deps); err != nil {
		return fmt.Errorf("a dependency is not in the archive: %w", err)
	}
	return nil
}

func sameVersion(a, b string) bool {
	va, errA := semver.NewVersion(a)
	vb, errB := semver.NewVersion(b)
	return errA == nil && errB == nil && va.Equal(vb) && va.Metadata() == vb.Metadata()
}
