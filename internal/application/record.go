package application

import (
	"strconv"

	"github.com/roadstead/roadstead/internal/audit"
)

// entry is what is recorded of the begin of an operation, or of its end. It belongs to the owner of the cluster.
func (o Operation) entry(action string) audit.Entry {
	e := audit.Entry{
		Action: action, Object: audit.Object{Kind: "operation", ID: o.ID, Name: o.Entry.Name}, ClusterID: o.ClusterID,
		Detail: map[string]string{
			"cluster_id": strconv.FormatInt(o.ClusterID, 10), "action": string(o.Action), "version": o.Version,
		},
	}
	if o.Admin {
		e.Detail["admin"] = "true" // all rights in the cluster, agreed to for this one time
	}
	if o.Code != "" {
		e.Detail["code"] = string(o.Code)
	}
	return e
}
