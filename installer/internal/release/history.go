package release

import (
	"errors"
	"fmt"
	"slices"

	"helm.sh/helm/v4/pkg/action"
	"helm.sh/helm/v4/pkg/release/common"
	helmrelease "helm.sh/helm/v4/pkg/release/v1"
	"helm.sh/helm/v4/pkg/storage/driver"
)

// Info is what is known about a release after an operation.
type Info struct {
	Name         string
	Namespace    string
	Revision     int
	Status       string // Helm's word: deployed, failed, uninstalled …
	Chart        string
	ChartVersion string
	AppVersion   string
}

func infoOf(r *helmrelease.Release) Info {
	i := Info{Name: r.Name, Namespace: r.Namespace, Revision: r.Version}
	if r.Info != nil {
		i.Status = r.Info.Status.String()
	}
	if r.Chart != nil && r.Chart.Metadata != nil {
		i.Chart = r.Chart.Metadata.Name
		i.ChartVersion = r.Chart.Metadata.Version
		i.AppVersion = r.Chart.Metadata.AppVersion
	}
	return i
}

// history is the revisions of a release, oldest first.
type history []*helmrelease.Release

// history reads the revisions; a release that does not exist has none.
func (m *Manager) history(config *action.Configuration) (history, error) {
	stored, err := config.Releases.History(m.name)
	if errors.Is(err, driver.ErrReleaseNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the release's history: %w", err)
	}
	var h history
	for _, s := range stored {
		r, ok := s.(*helmrelease.Release)
		if !ok {
			return nil, fmt.Errorf("reading the release's history: a revision is a %T", s)
		}
		h = append(h, r)
	}
	slices.SortFunc(h, func(a, b *helmrelease.Release) int { return a.Version - b.Version })
	return h, nil
}

// last is the newest revision, or nil.
func (h history) last() *helmrelease.Release {
	if len(h) == 0 {
		return nil
	}
	return h[len(h)-1]
}

// status is that of the newest revision; of a release that does not exist it is uninstalled.
func (h history) status() common.Status {
	if r := h.last(); r != nil && r.Info != nil {
		return r.Info.Status
	}
	return common.StatusUninstalled
}

// good is the newest revision that was deployed once, or nil.
func (h history) good() *helmrelease.Release {
	for _, r := range slices.Backward(h) {
		if r.Info != nil && (r.Info.Status == common.StatusDeployed || r.Info.Status == common.StatusSuperseded) {
			return r
		}
	}
	return nil
}
