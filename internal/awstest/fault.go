package awstest

import (
	"net/http"
	"slices"
	"time"
)

// Fault makes calls of an operation go wrong, in the order in which faults were given.
type Fault struct {
	Operation string        // such as CreateStack; "*" is every one
	Skip      int           // how many such calls go well before
	Times     int           // how many then go wrong; 0 is one, negative is all
	Trouble   Trouble       // what happens to them
	Delay     time.Duration // for Slow
}

// Trouble is what goes wrong with a call.
type Trouble string

// The troubles.
const (
	Throttle    Trouble = "throttle"     // the service's own code for too many requests; nothing is done
	ServerError Trouble = "server_error" // 500; nothing is done
	LostAnswer  Trouble = "lost_answer"  // it is done, and the connection is cut before the answer
	Slow        Trouble = "slow"         // it is done, and the answer comes after Delay
	Deny        Trouble = "deny"         // refused as if by a policy
	Expire      Trouble = "expire"       // refused as if the session were over
)

// Phase is what is being done to a resource of a stack.
type Phase string

// The phases.
const (
	Creating Phase = "creating"
	Updating Phase = "updating"
	Deleting Phase = "deleting" // in a deletion, a rollback or a clean-up
)

// ResourceFault makes a resource of a stack fail.
type ResourceFault struct {
	Resource string // a logical id, or a type such as AWS::EKS::Nodegroup
	Phase    Phase  // default: Creating
	Reason   string // as CloudFormation tells it; default: one that fits the type and phase
	Times    int    // 0 is once, negative is always
	Hang     bool   // it never ends, instead of failing
}

// rules are all the trouble that was asked for.
type rules struct {
	calls       []*callRule
	resources   []*resourceRule
	sessionTime time.Duration
	accessDelay time.Duration
	doorDelay   time.Duration
}

type callRule struct {
	Fault
	left int
}

type resourceRule struct {
	ResourceFault
	left int
}

// Inject adds a fault to those to come.
func (c *Cloud) Inject(f Fault) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rules.calls = append(c.rules.calls, &callRule{f, times(f.Times)})
}

// FailResource adds a failure of a resource to those to come.
func (c *Cloud) FailResource(f ResourceFault) {
	if f.Phase == "" {
		f.Phase = Creating
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rules.resources = append(c.rules.resources, &resourceRule{f, times(f.Times)})
}

// LimitSessions makes the sessions assumed from now on end after d, whatever was asked for. Zero ends that.
func (c *Cloud) LimitSessions(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rules.sessionTime = d
}

// DelayAccess makes access entries made from now on take effect after d only: until then the cluster answers 401.
func (c *Cloud) DelayAccess(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rules.accessDelay = d
}

// DelayEndpoint makes the API servers of clusters made from now on refuse connections until d after they are ACTIVE.
func (c *Cloud) DelayEndpoint(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rules.doorDelay = d
}

// ClearFaults forgets all trouble that was asked for.
func (c *Cloud) ClearFaults() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rules = rules{}
}

func times(n int) int {
	if n == 0 {
		return 1
	}
	return n
}

// next returns the fault of a call, if it is to have one. The first that fits is used up.
func (r *rules) next(operation string) (Fault, bool) {
	for _, rule := range r.calls {
		switch {
		case rule.left == 0 || (rule.Operation != "*" && rule.Operation != operation):
			continue
		case rule.Skip > 0:
			rule.Skip--
			continue
		case rule.left > 0:
			rule.left--
		}
		return rule.Fault, true
	}
	return Fault{}, false
}

// nextResource returns the fault of a resource in a phase, if it is to have one.
func (r *rules) nextResource(logicalID, kind string, phase Phase) (ResourceFault, bool) {
	i := slices.IndexFunc(r.resources, func(rule *resourceRule) bool {
		return rule.left != 0 && rule.Phase == phase && (rule.Resource == logicalID || rule.Resource == kind)
	})
	if i < 0 {
		return ResourceFault{}, false
	}
	rule := r.resources[i]
	if rule.left > 0 {
		rule.left--
	}
	found := rule.ResourceFault
	if found.Reason == "" {
		found.Reason = usualReason(kind, phase)
	}
	return found, true
}

// refusal is the answer of a call that a fault keeps from being done; nil when it is done.
func (f Fault) refusal(service string) *failure {
	words := dialectOf(service)
	switch f.Trouble {
	case Throttle:
		status := http.StatusBadRequest
		if service == "ec2" {
			status = http.StatusServiceUnavailable
		}
		return fail(status, words.throttled, "Rate exceeded")
	case ServerError:
		return fail(http.StatusInternalServerError, "InternalFailure", "An internal error occurred")
	case Deny:
		return fail(http.StatusForbidden, words.denied, "User is not authorized to perform: %s", f.Operation)
	case Expire:
		return fail(words.statusExpired, words.expired, "The security token included in the request is expired")
	default: // it is done
	}
	return nil
}
