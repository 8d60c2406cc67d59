package provision

import (
	"slices"
	"time"
)

const (
	// recentRuns is how many creations the estimate is made from, firstGuess what it is without any.
	recentRuns = 9
	firstGuess = 15 * time.Minute
	// stackDone is the progress once the cloud is done; the rest is ours.
	stackDone = 92
	// maxEvents is more than one attempt of our template has.
	maxEvents = 2000
)

// parts are the parts of a stack with their last status, and what failed in order.
type parts struct {
	status   map[string]EventStatus
	types    map[string]string
	failures []Event
}

func partsOf(earlier []Logged, fresh []Event) parts {
	p := parts{status: map[string]EventStatus{}, types: map[string]string{}}
	for _, e := range earlier {
		p.add(e.Event)
	}
	for _, e := range fresh {
		p.add(e)
	}
	return p
}

func (p *parts) add(e Event) {
	p.status[e.LogicalID], p.types[e.LogicalID] = e.Status, e.Type
	if e.Status == PartFailed && e.Failure != nil {
		p.failures = append(p.failures, e)
	}
}

// rootCause is the earliest failure that did not follow from another one.
func (p *parts) rootCause() *Failure {
	i := slices.IndexFunc(p.failures, func(e Event) bool { return !e.FollowUp })
	if i < 0 {
		return nil
	}
	f := *p.failures[i].Failure
	if f.ResourceType == "" {
		f.ResourceType = p.failures[i].Type
	}
	return &f
}

// Weights of the parts of a stack, by how long they take: a control plane about ten minutes, machines three.
const (
	weightCluster = 55
	weightNodes   = 25
	weightGateway = 6
	weightOther   = 14 // shared by all others
)

// weights tells how much of the whole a part is, by its type.
func weightOf(kind string) int {
	switch kind {
	case "AWS::EKS::Cluster":
		return weightCluster
	case "AWS::EKS::Nodegroup":
		return weightNodes
	case "AWS::EC2::NatGateway", "AWS::EC2::EIP":
		return weightGateway
	}
	return 0
}

// otherParts is about how many light parts a stack has: with a network of its own, or without.
func otherParts(s Spec) int {
	if s.Network.Create {
		return 18
	}
	return 5
}

// percent is how much of a stack is made.
func (p *parts) percent(s Spec) int {
	whole := weightCluster + weightNodes + weightOther
	if s.Network.Create {
		whole += 2 * weightGateway
	}
	made, others := 0, 0
	for id, status := range p.status {
		if status != PartCreated || p.types[id] == "AWS::CloudFormation::Stack" {
			continue
		}
		if w := weightOf(p.types[id]); w > 0 {
			made += w
		} else {
			others++
		}
	}
	made += weightOther * min(others, otherParts(s)) / otherParts(s)
	return min(stackDone-1, stackDone*made/whole)
}

// remaining is the median of earlier creations, less what went by.
func remaining(durations []time.Duration, gone time.Duration) time.Duration {
	expected := firstGuess
	if len(durations) > 0 {
		sorted := slices.Sorted(slices.Values(durations))
		expected = sorted[len(sorted)/2]
	}
	return max(0, expected-gone).Round(time.Second)
}
