package eks

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/provision"
)

// Plan asks for a change set, whose name says what it would do. The first call makes it; a later one finds it ready. One
// that was used up by an upgrade that was taken back is made anew.
func (c *Cloud) Plan(
	ctx context.Context, s provision.Session, role provision.Role, run provision.Run, u provision.Upgrade,
) (provision.Plan, error) {
	name := changeSetName(run, u)
	found, err := c.changeSet(ctx, s, run.StackID, name)
	switch {
	case answered(err, "ChangeSetNotFound"):
		return c.makePlan(ctx, s, role, run, u)
	case err != nil:
		return provision.Plan{}, failed("looking at the planned upgrade", err)
	case usedUp(found):
		if err := c.dropChangeSet(ctx, s, run.StackID, name); err != nil {
			return provision.Plan{}, err
		}
		return c.makePlan(ctx, s, role, run, u)
	}
	return planOf(found)
}

func changeSetName(run provision.Run, u provision.Upgrade) string {
	part := "control"
	if u.Nodes {
		part = "nodes"
	}
	return run.RequestToken("upgrade-" + part + "-" + strings.ReplaceAll(u.Version, ".", "-"))
}

func (c *Cloud) makePlan(
	ctx context.Context, s provision.Session, role provision.Role, run provision.Run, u provision.Upgrade,
) (provision.Plan, error) {
	parameters, err := c.upgradeParameters(ctx, s, run, u)
	if err != nil {
		return provision.Plan{}, err
	}
	out, err := c.cloudformation(s).CreateChangeSet(ctx, &cloudformation.CreateChangeSetInput{
		StackName:     &run.StackID,
		ChangeSetName: aws.String(changeSetName(run, u)),
		ChangeSetType: types.ChangeSetTypeUpdate,
		TemplateBody:  aws.String(clusterTemplate),
		Parameters:    parameters,
		Capabilities:  []types.Capability{types.CapabilityCapabilityIam},
		RoleARN:       optional(role.StackRoleARN),
		Tags:          c.tags(run),
	})
	if answered(err, "AlreadyExistsException") {
		return provision.Plan{}, nil
	}
	if err != nil {
		return provision.Plan{}, failed("planning the upgrade", err)
	}
	return provision.Plan{ID: aws.ToString(out.Id)}, nil
}

// upgradeParameters keep what the stack was made with, but for one version.
func (c *Cloud) upgradeParameters(
	ctx context.Context, s provision.Session, run provision.Run, u provision.Upgrade,
) ([]types.Parameter, error) {
	stack, err := c.describeStack(ctx, s, run.StackID)
	if err != nil {
		return nil, err
	}
	changed := controlVersion
	if u.Nodes {
		changed = nodeVersion
	}
	parameters := []types.Parameter{{ParameterKey: &changed, ParameterValue: &u.Version}}
	for _, p := range stack.Parameters {
		if aws.ToString(p.ParameterKey) != changed {
			parameters = append(parameters, types.Parameter{ParameterKey: p.ParameterKey, UsePreviousValue: aws.Bool(true)})
		}
	}
	return parameters, nil
}

// changeSet reads a change set with all of its pages.
func (c *Cloud) changeSet(
	ctx context.Context, s provision.Session, stackID, nameOrID string,
) (*cloudformation.DescribeChangeSetOutput, error) {
	in := &cloudformation.DescribeChangeSetInput{StackName: &stackID, ChangeSetName: &nameOrID}
	client := c.cloudformation(s)
	whole, err := client.DescribeChangeSet(ctx, in)
	if err != nil {
		return nil, err //nolint:wrapcheck // its callers look at the code of AWS
	}
	for next := whole.NextToken; next != nil; {
		in.NextToken = next
		page, err := client.DescribeChangeSet(ctx, in)
		if err != nil {
			return nil, err //nolint:wrapcheck // as above
		}
		whole.Changes, next = append(whole.Changes, page.Changes...), page.NextToken
	}
	return whole, nil
}

func (c *Cloud) dropChangeSet(ctx context.Context, s provision.Session, stackID, name string) error {
	_, err := c.cloudformation(s).DeleteChangeSet(ctx, &cloudformation.DeleteChangeSetInput{StackName: &stackID, ChangeSetName: &name})
	return failed("dropping an old plan", err)
}

// usedUp reports whether a change set can never be executed any more.
func usedUp(found *cloudformation.DescribeChangeSetOutput) bool {
	return slices.Contains([]types.ExecutionStatus{
		types.ExecutionStatusExecuteComplete, types.ExecutionStatusExecuteFailed, types.ExecutionStatusObsolete,
	}, found.ExecutionStatus)
}

func planOf(found *cloudformation.DescribeChangeSetOutput) (provision.Plan, error) {
	plan := provision.Plan{ID: aws.ToString(found.ChangeSetId)}
	switch found.Status {
	case types.ChangeSetStatusCreateComplete:
		plan.Ready, plan.Changes = true, changesIn(found.Changes)
		return plan, nil
	case types.ChangeSetStatusFailed:
		reason := aws.ToString(found.StatusReason)
		if strings.Contains(reason, "didn't contain changes") || strings.Contains(reason, "No updates are to be performed") {
			plan.Ready, plan.Empty = true, true
			return plan, nil
		}
		return provision.Plan{}, failed("planning the upgrade", invalid(apperr.CloudInvalid, errors.New(reason)))
	default:
		return plan, nil
	}
}

func changesIn(list []types.Change) []provision.Change {
	changes := []provision.Change{}
	for _, change := range list {
		if r := change.ResourceChange; r != nil {
			changes = append(changes, provision.Change{
				LogicalID: aws.ToString(r.LogicalResourceId),
				Type:      aws.ToString(r.ResourceType),
				Action:    strings.ToLower(string(r.Action)),
				Replaced:  r.Replacement == types.ReplacementTrue || r.Replacement == types.ReplacementConditional,
				Guarded:   guarded(aws.ToString(r.ResourceType)),
			})
		}
	}
	return changes
}

// guarded reports whether parts of a type may not be replaced or removed. The stack policy says the same to AWS.
func guarded(resourceType string) bool {
	return resourceType == "AWS::EKS::Cluster" || resourceType == "AWS::EC2::VPC" || resourceType == "AWS::EC2::Subnet"
}

// Execute begins a planned upgrade, unless it would take away the cluster or its network. One that has begun goes on.
func (c *Cloud) Execute(ctx context.Context, s provision.Session, run provision.Run, p provision.Plan) error {
	for _, change := range p.Changes {
		if change.Guarded && (change.Replaced || change.Action == "remove") {
			return failed("upgrading", invalid(apperr.CloudReplaceRefused, errors.New(change.LogicalID+" would be made anew")))
		}
	}
	_, err := c.cloudformation(s).ExecuteChangeSet(ctx, &cloudformation.ExecuteChangeSetInput{
		StackName: &run.StackID, ChangeSetName: &p.ID, ClientRequestToken: aws.String(executionToken(p.ID)),
	})
	if answered(err, "InvalidChangeSetStatus") && c.begun(ctx, s, run.StackID, p.ID) {
		return nil
	}
	return failed("upgrading", err)
}

// executionToken makes executing a plan twice the same request: the id ends with a UUID that no other plan has.
func executionToken(planID string) string {
	return "execute-" + planID[strings.LastIndex(planID, "/")+1:]
}

func (c *Cloud) begun(ctx context.Context, s provision.Session, stackID, planID string) bool {
	found, err := c.changeSet(ctx, s, stackID, planID)
	return err == nil && (found.ExecutionStatus == types.ExecutionStatusExecuteInProgress ||
		found.ExecutionStatus == types.ExecutionStatusExecuteComplete)
}
