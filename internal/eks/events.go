package eks

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/provision"
)

const (
	// maxEvents bounds what one call returns; a cluster makes about 150.
	maxEvents = 5000
	// maxRaw is how much of a reason is kept for the log, in bytes.
	maxRaw = 256
	// stackType is the type of the stack itself among its parts.
	stackType = "AWS::CloudFormation::Stack"
)

// Events returns the events of a stack after the given one, oldest first. AWS lists them the other way round. It belongs to
// a look at the stack and takes no poll of its own: two for one look would let nobody end theirs when few are left.
func (c *Cloud) Events(ctx context.Context, s provision.Session, stackID, after string) ([]provision.Event, error) {
	var events []provision.Event
	in := &cloudformation.DescribeStackEventsInput{StackName: &stackID}
	pages := cloudformation.NewDescribeStackEventsPaginator(c.cloudformation(s), in)
	for pages.HasMorePages() && len(events) < maxEvents {
		page, err := pages.NextPage(ctx)
		if missing(err) {
			return nil, provision.ErrStackNotFound
		}
		if err != nil {
			return nil, failed("reading the events of the stack", err)
		}
		known := slices.IndexFunc(page.StackEvents, func(e types.StackEvent) bool { return aws.ToString(e.EventId) == after })
		if known >= 0 {
			events = appendEvents(events, page.StackEvents[:known])
			break
		}
		events = appendEvents(events, page.StackEvents)
	}
	slices.Reverse(events)
	return events, nil
}

func appendEvents(events []provision.Event, page []types.StackEvent) []provision.Event {
	for _, e := range page {
		if event, ok := eventOf(e); ok {
			events = append(events, event)
		}
	}
	return events
}

// eventOf translates an event; false for those of the stack itself, whose state is told by Stack, unless the time that
// the stack had is over: nothing else says so.
func eventOf(e types.StackEvent) (provision.Event, bool) {
	reason := aws.ToString(e.ResourceStatusReason)
	event := provision.Event{
		ID:        aws.ToString(e.EventId),
		At:        aws.ToTime(e.Timestamp),
		LogicalID: aws.ToString(e.LogicalResourceId),
		Type:      aws.ToString(e.ResourceType),
		Status:    partStatus(e.ResourceStatus),
		Raw:       apperr.Clean(reason, maxRaw),
	}
	if event.Type == stackType {
		if !strings.Contains(reason, "exceeded the specified timeout") {
			return provision.Event{}, false
		}
		event.Status = provision.PartFailed
	}
	if event.Status == provision.PartFailed {
		failure := failureOf(event.Type, reason)
		event.Failure, event.FollowUp = &failure, isFollowUp(reason)
	}
	return event, true
}
