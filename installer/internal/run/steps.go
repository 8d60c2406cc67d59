package run

import (
	"context"
	"fmt"

	"github.com/roadstead/roadstead/installer/internal/chart"
	"github.com/roadstead/roadstead/installer/internal/cluster"
	"github.com/roadstead/roadstead/installer/internal/release"
	"github.com/roadstead/roadstead/installer/internal/values"
	"github.com/roadstead/roadstead/internal/egress"
)

// prepare reaches the cluster and readies what the other steps use.
func (o *operation) prepare(context.Context) (string, error) {
	rules, err := egress.ParseRules(o.request.EgressAllow)
	if err != nil {
		return "", fmt.Errorf("reading what may be reached: %w", err)
	}
	o.fetcher = chart.NewFetcher(egress.NewGuard(egress.Config{Allow: rules, Refuse: o.request.EgressRefuse}))
	address := cluster.Address{
		Host: o.pod.APIHost, Port: o.pod.APIPort,
		TokenFile: o.pod.Files.Token(), CAFile: o.pod.Files.CA(),
	}
	c, err := cluster.Connect(address, o.request.Namespace, func(text string) {
		o.log.Runningf("the cluster warns: %s", text)
	})
	if err != nil {
		return "", fmt.Errorf("connecting to the cluster: %w", err)
	}
	version, err := c.Version()
	if err != nil {
		return "", fmt.Errorf("connecting to the cluster: %w", err)
	}
	o.releases = release.NewManager(c, o.log, o.request.Release, o.request.Namespace)
	return fmt.Sprintf("%s of application %s, operation %s, Kubernetes %s",
		o.request.Action, o.request.Application, o.request.Operation, version), nil
}

// fetch gets the chart.
func (o *operation) fetch(ctx context.Context) (string, error) {
	want := o.request.Chart
	archive, err := o.fetcher.Fetch(ctx, chart.Source{
		Repository: want.Repository, Name: want.Name, Version: want.Version, Digest: want.Digest,
	})
	if err != nil {
		return "", err
	}
	o.archive = archive
	o.verdict.Digest = archive.Digest
	return fmt.Sprintf("chart %s %s with %s", want.Name, want.Version, archive.Digest), nil
}

// compare merges the values and compares them with the chart.
func (o *operation) compare(context.Context) (string, error) {
	if o.valuesErr != nil {
		return "", o.valuesErr
	}
	ch, err := o.archive.Load()
	if err != nil {
		return "", fmt.Errorf("loading the chart: %w: %w", chart.ErrInvalid, err)
	}
	if err := values.Validate(ch, o.values.Merged(), o.fetcher); err != nil {
		return "", fmt.Errorf("%w: %w", chart.ErrInvalid, err) // unless it is the values' fault, which the error says
	}
	o.resolved = ch
	return "the values fit the chart", nil
}

func (o *operation) stuck(ctx context.Context) (bool, error) {
	status, err := o.releases.Stuck(ctx)
	return status != "", err
}

// repair frees a release that an interrupted operation left behind.
func (o *operation) repair(ctx context.Context) (string, error) {
	if err := o.releases.Repair(ctx); err != nil {
		return "", err
	}
	return "the release can be worked on again", nil
}

func (o *operation) hasCRDs(context.Context) (bool, error) {
	return release.HasCRDs(o.resolved), nil
}

// applyCRDs applies the custom resource definitions in the chart's crds folder.
func (o *operation) applyCRDs(ctx context.Context) (string, error) {
	crds, err := o.releases.ApplyCRDs(ctx, o.resolved)
	if err != nil {
		return "", err
	}
	o.verdict.SetCRDs(crds)
	for _, c := range crds {
		o.log.Runningf("%s is served; objects of it: %d", c.Name, c.Objects)
	}
	return fmt.Sprintf("custom resource definitions: %d", len(crds)), nil
}

// apply installs or upgrades the release.
func (o *operation) apply(ctx context.Context) (string, error) {
	ch, err := o.archive.Load()
	if err != nil {
		return "", fmt.Errorf("loading the chart: %w: %w", chart.ErrInvalid, err)
	}
	info, err := o.releases.Apply(ctx, ch, o.values.Merged())
	o.verdict.SetRelease(info, o.mask.Text)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("release %s is %s in revision %d", info.Name, info.Status, info.Revision), nil
}

// uninstall removes the release.
func (o *operation) uninstall(ctx context.Context) (string, error) {
	removed, err := o.releases.Uninstall(ctx)
	o.verdict.SetRelease(removed.Release, o.mask.Text)
	o.verdict.SetCRDs(removed.Kept)
	if err != nil {
		return "", err
	}
	if !removed.Found {
		return "there is no such release", nil
	}
	for _, c := range removed.Kept {
		o.log.Runningf("%s stays; objects of it: %d", c.Name, c.Objects)
	}
	if removed.Notes != "" {
		o.log.Runningf("helm| %s", removed.Notes)
	}
	return "the release is removed", nil
}
