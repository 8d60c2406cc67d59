package awstest

import (
	"fmt"
	"time"
)

// create begins a part: what it is made of is known by now.
func (p *part) create(at time.Time) (takes time.Duration, reason string) {
	p.say(at, "CREATE_IN_PROGRESS", "")
	resolved, err := p.stack.scope().resolveMap(p.declared.properties)
	if err != nil {
		return 0, err.Error()
	}
	p.properties, _ = resolved.(map[string]any)
	if refused := p.refused(p.kind.action); refused != "" {
		return 0, refused
	}
	if err := p.kind.make(p, at); err != nil {
		return 0, fmt.Sprintf("Resource handler returned message: %q (HandlerErrorCode: InvalidRequest)", err.Error())
	}
	p.say(at, "CREATE_IN_PROGRESS", "Resource creation Initiated")
	if fault, faulty := p.trouble(Creating); faulty {
		return max(p.kind.create/3, fault.takes), fault.reason
	}
	return p.kind.create, ""
}

func (p *part) created(at time.Time, reason string) {
	if reason != "" {
		p.say(at, "CREATE_FAILED", reason)
		return
	}
	if p.kind.ready != nil {
		p.kind.ready(p, at)
	}
	p.say(at, "CREATE_COMPLETE", "")
}

// remove begins to delete a part. One that was never made is gone at once.
func (p *part) remove(at time.Time) (takes time.Duration, reason string) {
	if p.id == "" {
		return 0, ""
	}
	p.say(at, "DELETE_IN_PROGRESS", "")
	if fault, faulty := p.trouble(Deleting); faulty {
		return max(p.kind.remove, fault.takes), fault.reason
	}
	if p.kind.removing != nil {
		if reason := p.kind.removing(p); reason != "" {
			return p.kind.remove, reason
		}
	}
	return p.kind.remove, ""
}

func (p *part) removed(at time.Time, reason string) {
	if reason != "" {
		p.say(at, "DELETE_FAILED", reason)
		return
	}
	p.gone = true
	if p.id != "" {
		if p.kind.unmake != nil {
			p.kind.unmake(p)
		}
		p.say(at, "DELETE_COMPLETE", "")
	}
}

// mishap is what a fault does to a part.
type mishap struct {
	reason string
	takes  time.Duration // zero: as long as ever
}

func (p *part) trouble(phase Phase) (mishap, bool) {
	rule, ok := p.stack.cloud().rules.nextResource(p.declared.logicalID, p.declared.kind, phase)
	if !ok {
		return mishap{}, false
	}
	if rule.Hang {
		return mishap{takes: forever}, true
	}
	return mishap{reason: rule.Reason}, true
}

// refused says why CloudFormation may not do something to the part; empty when it may.
func (p *part) refused(action string) string {
	if action == "" {
		return ""
	}
	actor := p.stack.caller
	if p.stack.role != nil {
		actor = &credential{account: p.stack.region.account, role: p.stack.role, sessionName: "AWSCloudFormation"}
	}
	asked := request{action: action, resource: p.target(), context: map[string]string{}}
	if boundary := text(p.properties["PermissionsBoundary"]); boundary != "" {
		asked.context["iam:PermissionsBoundary"] = boundary
	}
	if actor.may(asked) {
		return ""
	}
	return fmt.Sprintf("Resource handler returned message: \"User: %s is not authorized to perform: %s on resource: %s\" "+
		"(HandlerErrorCode: AccessDenied)", actor.arn(), action, asked.resource)
}

// target is the ARN that making the part acts on.
func (p *part) target() string {
	account := p.stack.region.account
	if p.kind.target == nil {
		return account.cloud.arn("ec2", p.stack.region.name, account.id, "*")
	}
	return p.kind.target(p)
}
