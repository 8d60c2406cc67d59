package kube

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/cluster"
)

// Prober polls the connection of clusters: whether the API server answers,
// takes the token, is of a supported version and allows what each feature
// needs.
type Prober struct{ Clients *Clients }

// Poll returns a cluster.Connection as JSON. A cluster that cannot be used at
// all is an error with its code, so that it is asked less often.
func (p Prober) Poll(ctx context.Context, clusterID int64) ([]byte, error) {
	c, end, err := p.Clients.Once(ctx, clusterID)
	if err != nil {
		return nil, fmt.Errorf("connect to cluster %d: %w", clusterID, err)
	}
	defer end()
	connection, err := p.probe(ctx, c)
	if refused, ok := apperr.From(err); ok && refused.Code == apperr.ClusterAddressRefused {
		// The one failure with something of its own to say: the setting that mends it.
		connection = cluster.Connection{Findings: cluster.FailedFindings(refused.Code, []string{refused.Hint})}
	} else if err != nil {
		return nil, fmt.Errorf("probe cluster %d: %w", clusterID, err)
	}
	data, err := json.Marshal(connection)
	if err != nil {
		return nil, fmt.Errorf("render connection: %w", err)
	}
	return data, nil
}

func (p Prober) probe(ctx context.Context, c *Client) (cluster.Connection, error) {
	ctx = forced(ctx)
	version, err := c.Version(ctx)
	if err != nil {
		return cluster.Connection{}, err
	}
	// Reading the version takes no valid token; asking for rights does.
	rights, err := rightsFindings(ctx, c)
	if err != nil {
		return cluster.Connection{}, err
	}
	admin, err := adminFinding(ctx, c)
	if err != nil {
		return cluster.Connection{}, err
	}
	supported := cluster.Finding{Check: cluster.CheckVersion, Outcome: cluster.OK}
	if version.Old() {
		supported.Outcome, supported.Code = cluster.Warning, apperr.ClusterVersionOld
	}
	return cluster.Connection{
		Connected: true, Version: version.Name, Platform: version.Platform,
		Findings: append([]cluster.Finding{
			{Check: cluster.CheckReachable, Outcome: cluster.OK},
			{Check: cluster.CheckTLS, Outcome: cluster.OK},
			{Check: cluster.CheckToken, Outcome: cluster.OK},
			supported,
		}, append(admin, rights...)...),
	}, nil
}

// rightsFindings asks for the rights of all features in one go.
func rightsFindings(ctx context.Context, c *Client) ([]cluster.Finding, error) {
	var wanted []Access
	counts := make([]int, 0, len(cluster.Features()))
	for _, f := range cluster.Features() {
		access := accessOf(cluster.RightsOf(f))
		wanted = append(wanted, access...)
		counts = append(counts, len(access))
	}
	allowed, err := c.Allowed(ctx, wanted)
	if err != nil {
		return nil, err
	}
	findings := make([]cluster.Finding, len(counts))
	for i, f := range cluster.Features() {
		findings[i] = rightsFinding(f, wanted[:counts[i]], allowed[:counts[i]])
		wanted, allowed = wanted[counts[i]:], allowed[counts[i]:]
	}
	return findings, nil
}

func rightsFinding(f cluster.Feature, wanted []Access, allowed []bool) cluster.Finding {
	finding := cluster.Finding{Check: cluster.CheckRights, Feature: f, Outcome: cluster.OK}
	for i, a := range wanted {
		if !allowed[i] {
			finding.Outcome, finding.Code = cluster.Warning, apperr.RightsMissing
			finding.Detail = append(finding.Detail, a.String())
		}
	}
	return finding
}

// accessOf spells rights out, one question for each verb.
func accessOf(rights []cluster.Right) []Access {
	var access []Access
	for _, r := range rights {
		resource, subresource, _ := strings.Cut(r.Resource, "/")
		for _, verb := range r.Verbs {
			access = append(access, Access{
				Verb: verb, Group: r.Group, Resource: resource, Subresource: subresource, Namespace: r.Namespace, Name: r.Name,
			})
		}
	}
	return access
}
