package eks

import (
	"context"
	"encoding/base64"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/roadstead/roadstead/internal/provision"
)

// The tags that say whose a stack, and all in it, is.
const (
	runTag          = "roadstead:provider-id"
	clusterTag      = "roadstead:cluster-id"
	tenantTag       = "roadstead:tenant"
	installationTag = "roadstead:instance"
	attemptTag      = "roadstead:attempt"
)

// stackMinutes is the time that CloudFormation has before it takes back what it made.
const stackMinutes = 45

// Create asks for the run's stack. The request carries the run's token, so that a repeated one makes no second stack.
func (c *Cloud) Create(ctx context.Context, s provision.Session, role provision.Role, run provision.Run) (string, error) {
	var zones [2]string
	if run.Spec.Network.Create {
		var err error
		if zones, err = c.zonesFor(ctx, s, run.Spec.Nodes.InstanceType); err != nil {
			return "", err
		}
	}
	filled, err := parameters(role, run, zones)
	if err != nil {
		return "", failed("creating the stack", err)
	}
	out, err := c.cloudformation(s).CreateStack(ctx, &cloudformation.CreateStackInput{
		StackName:          aws.String(run.StackName()),
		TemplateBody:       aws.String(clusterTemplate),
		Parameters:         filled,
		Capabilities:       []types.Capability{types.CapabilityCapabilityIam},
		ClientRequestToken: aws.String(run.RequestToken("create")),
		OnFailure:          onFailure(run.Spec.KeepFailed),
		RoleARN:            optional(role.StackRoleARN),
		StackPolicyBody:    aws.String(stackPolicy),
		Tags:               c.tags(run),
		TimeoutInMinutes:   aws.Int32(stackMinutes),
	})
	if answered(err, "AlreadyExistsException") {
		return "", errors.Join(provision.ErrStackExists, failed("creating the stack", err))
	}
	if err != nil {
		return "", failed("creating the stack", err)
	}
	return aws.ToString(out.StackId), nil
}

func onFailure(keep bool) types.OnFailure {
	if keep {
		return types.OnFailureDoNothing
	}
	return types.OnFailureRollback
}

// tags mark everything in the stack. Ours come last, so that none of the customer's stands in their place.
func (c *Cloud) tags(run provision.Run) []types.Tag {
	values := maps.Clone(run.Spec.Tags)
	if values == nil {
		values = map[string]string{}
	}
	values[runTag] = run.UUID
	values[clusterTag] = strconv.FormatInt(run.ClusterID, 10)
	values[tenantTag] = string(run.Level) + "-" + strconv.FormatInt(run.GroupID, 10)
	values[attemptTag] = strconv.Itoa(run.Attempt)
	if c.installation != "" {
		values[installationTag] = c.installation
	}
	var tags []types.Tag
	for _, key := range slices.Sorted(maps.Keys(values)) {
		tags = append(tags, types.Tag{Key: &key, Value: aws.String(values[key])})
	}
	return tags
}

// Stack finds a stack by id, or by name, by which a deleted one is not found.
func (c *Cloud) Stack(ctx context.Context, s provision.Session, nameOrID string) (provision.Stack, error) {
	if err := c.poll(s); err != nil {
		return provision.Stack{}, failed("looking at the stack", err)
	}
	found, err := c.describeStack(ctx, s, nameOrID)
	if err != nil {
		return provision.Stack{}, err
	}
	stack := stackOf(found)
	if stack.Status == provision.StackDeleteFailed {
		stack.Stuck, err = c.stuck(ctx, s, stack.ID)
	}
	return stack, err
}

func (c *Cloud) describeStack(ctx context.Context, s provision.Session, nameOrID string) (types.Stack, error) {
	out, err := c.cloudformation(s).DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: &nameOrID})
	if missing(err) {
		return types.Stack{}, errors.Join(provision.ErrStackNotFound, failed("looking at the stack", err))
	}
	if err != nil {
		return types.Stack{}, failed("looking at the stack", err)
	}
	if len(out.Stacks) != 1 {
		return types.Stack{}, provision.ErrStackNotFound
	}
	return out.Stacks[0], nil
}

// missing reports whether an error is the one for a stack that does not exist, for which there is no code of its own.
func missing(err error) bool {
	return answered(err, "ValidationError") && strings.Contains(err.Error(), "does not exist")
}

func (c *Cloud) stuck(ctx context.Context, s provision.Session, stackID string) ([]string, error) {
	var stuck []string
	pages := cloudformation.NewListStackResourcesPaginator(c.cloudformation(s), &cloudformation.ListStackResourcesInput{StackName: &stackID})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, failed("listing what could not be deleted", err)
		}
		for _, part := range page.StackResourceSummaries {
			if part.ResourceStatus == types.ResourceStatusDeleteFailed {
				stuck = append(stuck, aws.ToString(part.LogicalResourceId))
			}
		}
	}
	return stuck, nil
}

func stackOf(found types.Stack) provision.Stack {
	stack := provision.Stack{
		ID:        aws.ToString(found.StackId),
		Name:      aws.ToString(found.StackName),
		Status:    stackStatus(found.StackStatus),
		CreatedAt: aws.ToTime(found.CreationTime),
		Outputs:   outputsOf(found.Outputs),
		Protected: aws.ToBool(found.EnableTerminationProtection),
	}
	for _, tag := range found.Tags {
		if aws.ToString(tag.Key) == runTag {
			stack.RunUUID = aws.ToString(tag.Value)
		}
	}
	return stack
}

func outputsOf(list []types.Output) provision.Outputs {
	values := map[string]string{}
	for _, output := range list {
		values[aws.ToString(output.OutputKey)] = aws.ToString(output.OutputValue)
	}
	return provision.Outputs{
		Endpoint:        values["Endpoint"],
		CAPEM:           decoded(values["CertificateAuthority"]),
		ARN:             values["ClusterArn"],
		SecurityGroupID: values["SecurityGroupId"],
		NodeRoleARN:     values["NodeRoleArn"],
	}
}

// decoded is the certificate in base64; empty if it is not that.
func decoded(text string) string {
	pem, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return ""
	}
	return string(pem)
}

// Protect turns the protection of a stack against deletion on or off.
func (c *Cloud) Protect(ctx context.Context, s provision.Session, stackID string, on bool) error {
	_, err := c.cloudformation(s).UpdateTerminationProtection(ctx, &cloudformation.UpdateTerminationProtectionInput{
		StackName: &stackID, EnableTerminationProtection: &on,
	})
	return failed("protecting the stack", err)
}

// Delete asks for the deletion of a stack.
func (c *Cloud) Delete(ctx context.Context, s provision.Session, stackID string, o provision.DeleteOptions) error {
	in := &cloudformation.DeleteStackInput{
		StackName: &stackID, ClientRequestToken: optional(o.Token), RoleARN: optional(o.RoleARN), RetainResources: o.Retain,
	}
	if o.Force {
		in.DeletionMode = types.DeletionModeForceDeleteStack
	}
	_, err := c.cloudformation(s).DeleteStack(ctx, in)
	return failed("deleting the stack", err)
}

// optional is nil for what is not given.
func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
