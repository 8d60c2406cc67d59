package provision

import (
	"fmt"
	"testing"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
)

func TestRootCauseIsTheEarliestRealFailure(t *testing.T) {
	t.Parallel()
	failed := func(part, kind string, followUp bool, code apperr.Code) Event {
		return Event{LogicalID: part, Type: kind, Status: PartFailed, FollowUp: followUp, Failure: &Failure{Code: code}}
	}
	cancelled := failed("Nodes", "AWS::EKS::Nodegroup", true, apperr.CloudUnknown)
	quota := failed("Vpc", "AWS::EC2::VPC", false, apperr.CloudQuotaNetworks)
	later := failed("Cluster", "AWS::EKS::Cluster", false, apperr.CloudCapacity)
	tests := map[string]struct {
		earlier, fresh []Event
		want           apperr.Code
		kind           string
	}{
		"none":                         {nil, []Event{{LogicalID: "Vpc", Status: PartCreated}}, "", ""},
		"followed by cancellations":    {nil, []Event{cancelled, quota, cancelled}, apperr.CloudQuotaNetworks, "AWS::EC2::VPC"},
		"the first of two":             {nil, []Event{quota, later}, apperr.CloudQuotaNetworks, "AWS::EC2::VPC"},
		"one that was read before":     {[]Event{quota}, []Event{later}, apperr.CloudQuotaNetworks, "AWS::EC2::VPC"},
		"cancellations alone are none": {[]Event{cancelled}, []Event{cancelled}, "", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var earlier []Logged
			for _, e := range test.earlier {
				earlier = append(earlier, Logged{Event: e})
			}
			parts := partsOf(earlier, test.fresh)
			got := parts.rootCause()
			if got == nil {
				got = &Failure{}
			}
			if got.Code != test.want || got.ResourceType != test.kind {
				t.Errorf("%+v, want %s of %s", got, test.want, test.kind)
			}
		})
	}
}

// TestPercentNeverReachesTheEnd creates parts one by one: each counts, and the last per cent are ours to give.
func TestPercentNeverReachesTheEnd(t *testing.T) {
	t.Parallel()
	for _, create := range []bool{false, true} {
		spec := Spec{Network: Network{Create: create}}
		p := partsOf(nil, nil)
		last := 0
		add := func(id, kind string) {
			p.add(Event{LogicalID: id, Type: kind, Status: PartCreating})
			if got := p.percent(spec); got != last {
				t.Errorf("beginning %s moves %d to %d", id, last, got)
			}
			p.add(Event{LogicalID: id, Type: kind, Status: PartCreated})
			got := p.percent(spec)
			if got < last || got >= stackDone {
				t.Errorf("%s moves %d to %d", id, last, got)
			}
			last = got
		}
		for i := range 30 {
			add(fmt.Sprintf("Part%d", i), "AWS::EC2::Route")
		}
		add("Address", "AWS::EC2::EIP")
		add("Gateway", "AWS::EC2::NatGateway")
		add("Cluster", "AWS::EKS::Cluster")
		add("Nodes", "AWS::EKS::Nodegroup")
		add("Stack", "AWS::CloudFormation::Stack")
		if last != stackDone-1 {
			t.Errorf("all parts together are %d%%", last)
		}
	}
}

func TestRemaining(t *testing.T) {
	t.Parallel()
	minutes := func(n ...int) (all []time.Duration) {
		for _, m := range n {
			all = append(all, time.Duration(m)*time.Minute)
		}
		return all
	}
	for _, test := range []struct {
		earlier    []time.Duration
		gone, want time.Duration
	}{
		{nil, 5 * time.Minute, firstGuess - 5*time.Minute},
		{minutes(60, 10, 12), 4 * time.Minute, 8 * time.Minute},
		{minutes(10), 11 * time.Minute, 0},
	} {
		if got := remaining(test.earlier, test.gone); got != test.want {
			t.Errorf("%v after %s: %s, want %s", test.earlier, test.gone, got, test.want)
		}
	}
}
