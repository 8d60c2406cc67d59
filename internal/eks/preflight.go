package eks

import (
	"context"
	"errors"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	awseks "github.com/aws/aws-sdk-go-v2/service/eks"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/provision"
)

// look is one look before a creation. Its error is a failure to look, not a finding.
type look struct {
	check string
	at    func(context.Context, subject) (provision.Finding, error)
}

// subject is what is looked at.
type subject struct {
	session provision.Session
	role    provision.Role
	run     provision.Run
}

// Preflight takes all looks and returns every finding, not only the first bad one. What may not be looked at is a finding;
// what could not be looked at just now is an error.
func (c *Cloud) Preflight(ctx context.Context, s provision.Session, role provision.Role, run provision.Run) ([]provision.Finding, error) {
	var findings []provision.Finding
	for _, l := range c.looks(run.Spec) {
		f, err := l.at(ctx, subject{s, role, run})
		if err != nil {
			if f, err = refusedLook(err); err != nil {
				return nil, err
			}
		}
		f.Check = l.check
		findings = append(findings, f)
	}
	return findings, nil
}

func (c *Cloud) looks(spec provision.Spec) []look {
	list := []look{
		{"account", c.lookAtAccount},
		{"region", c.lookAtRegion},
		{"version", c.lookAtVersion},
		{"name", c.lookAtName},
		{"stack", c.lookAtStack},
		{"template", c.lookAtTemplate},
		{"instance_type", c.lookAtInstanceType},
	}
	if spec.Network.Create {
		return append(list, look{"quota", c.lookAtQuotas})
	}
	return append(list, look{"subnets", c.lookAtSubnets}, look{"zones", c.lookAtZones})
}

// refusedLook makes a finding of an error that will not go away by itself.
func refusedLook(err error) (provision.Finding, error) {
	known, ok := errors.AsType[*provision.CloudError](err)
	if !ok {
		return provision.Finding{}, err
	}
	switch known.Class {
	case provision.Throttled, provision.Transient, provision.Expired:
		return provision.Finding{}, err
	default:
		f := bad(known.Code)
		if known.Action != "" {
			f.Detail = []string{known.Action}
		}
		return f, nil
	}
}

func good() provision.Finding { return provision.Finding{OK: true} }

func bad(code apperr.Code, detail ...string) provision.Finding {
	return provision.Finding{Code: code, Detail: detail}
}

func warning(code apperr.Code, detail ...string) provision.Finding {
	return provision.Finding{OK: true, Warn: true, Code: code, Detail: detail}
}

func (c *Cloud) lookAtAccount(ctx context.Context, at subject) (provision.Finding, error) {
	account, err := c.Account(ctx, at.session)
	if err != nil {
		return provision.Finding{}, err
	}
	if account != at.role.AccountID {
		return bad(apperr.CloudAccountMismatch), nil
	}
	return good(), nil
}

func (c *Cloud) lookAtRegion(ctx context.Context, at subject) (provision.Finding, error) {
	regions, err := c.regions(ctx, at.session)
	if err != nil {
		return provision.Finding{}, err
	}
	if !slices.Contains(regions, at.run.Spec.Region) {
		return bad(apperr.CloudRegion), nil
	}
	return good(), nil
}

func (c *Cloud) lookAtVersion(ctx context.Context, at subject) (provision.Finding, error) {
	offers, err := c.versions(ctx, at.session)
	if err != nil {
		return provision.Finding{}, err
	}
	found := slices.IndexFunc(offers, func(o provision.Offer) bool { return o.Version == at.run.Spec.KubernetesVersion })
	now := c.now()
	switch {
	case found < 0 || !offers[found].SupportEnds.After(now):
		return bad(apperr.CloudVersion, supported(offers, now)...), nil
	case offers[found].EndsSoon(now):
		return warning(apperr.CloudVersionEnding, offers[found].SupportEnds.Format("2006-01-02")), nil
	}
	return good(), nil
}

// lookAtName asks for a cluster of the name, which EKS allows once in an account and region.
func (c *Cloud) lookAtName(ctx context.Context, at subject) (provision.Finding, error) {
	_, err := c.eks(at.session).DescribeCluster(ctx, &awseks.DescribeClusterInput{Name: &at.run.Spec.Name})
	if answered(err, "ResourceNotFoundException") {
		return good(), nil
	}
	if err != nil {
		return provision.Finding{}, failed("looking for a cluster of the name", err)
	}
	return bad(apperr.CloudNameTaken), nil
}

// lookAtStack asks for a stack of the run's name. One that says it is the run's own is taken over later.
func (c *Cloud) lookAtStack(ctx context.Context, at subject) (provision.Finding, error) {
	found, err := c.describeStack(ctx, at.session, at.run.StackName())
	switch {
	case errors.Is(err, provision.ErrStackNotFound):
		return good(), nil
	case err != nil:
		return provision.Finding{}, err
	case stackOf(found).RunUUID != at.run.UUID:
		return bad(apperr.CloudNameTaken), nil
	}
	return good(), nil
}

func (c *Cloud) lookAtTemplate(ctx context.Context, at subject) (provision.Finding, error) {
	_, err := c.cloudformation(at.session).ValidateTemplate(ctx, &cloudformation.ValidateTemplateInput{
		TemplateBody: aws.String(clusterTemplate),
	})
	if err != nil {
		return provision.Finding{}, failed("having the template checked", err)
	}
	return good(), nil
}
