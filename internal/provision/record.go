package provision

import (
	"github.com/roadstead/roadstead/internal/audit"
)

// entry is what is recorded of an act on the role.
func (r Role) entry(action string) audit.Entry {
	return audit.Entry{
		Action: action, Object: audit.Object{Kind: "role", ID: r.ID, Name: r.Name}, GroupID: r.GroupID,
		Detail: map[string]string{"region": r.Region, "role": r.ARN},
	}
}

// entry is what is recorded of an act on the run, or of its end.
func (r Run) entry(action string) audit.Entry {
	e := audit.Entry{
		Action: action, Object: audit.Object{Kind: "run", ID: r.ID, Name: r.Spec.Name}, GroupID: r.GroupID,
		Detail: map[string]string{"region": r.Spec.Region, "cluster_id": itoa(r.ClusterID), "version": r.Spec.KubernetesVersion},
	}
	if r.Upgrade != nil {
		e.Detail["to"] = r.Upgrade.Version
	}
	if r.Failure != nil {
		e.Detail["code"] = string(r.Failure.Code)
	}
	return e
}
