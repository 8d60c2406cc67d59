package web

import (
	"strings"

	"github.com/roadstead/roadstead/internal/provision"
)

func roleStatus(r provision.Role) status {
	switch r.State {
	case provision.RoleVerified:
		return status{"good", "verified"}
	case provision.RoleRefused:
		return status{"bad", "refused"}
	case provision.RoleVerifying:
		return status{"busy", "being verified"}
	default:
		return status{"idle", "not registered yet"}
	}
}

func runStatus(r provision.Run) status {
	text := strings.ReplaceAll(string(r.State), "_", " ")
	switch {
	case r.State == provision.Ready && (r.Progress.Warning != "" || r.Failure != nil):
		return status{"warn", "ready, with a warning"}
	case r.State == provision.Ready:
		return status{"good", text}
	case r.State == provision.Failed, r.State == provision.DeleteBlocked:
		return status{"bad", text}
	case r.State.Final():
		return status{"idle", text}
	case !r.CancelRequestedAt.IsZero() && r.State != provision.Deleting:
		return status{"busy", "cancelling"}
	default:
		return status{"busy", text}
	}
}

func partStatus(e provision.Event) status {
	switch e.Status {
	case provision.PartCreated, provision.PartUpdated:
		return status{"good", string(e.Status)}
	case provision.PartDeleted:
		return status{"idle", "deleted"}
	case provision.PartRetained:
		return status{"warn", "left in the account"}
	case provision.PartFailed:
		if e.FollowUp {
			return status{"idle", "stopped, since another part failed"}
		}
		return status{"bad", "failed"}
	default:
		return status{"busy", string(e.Status)}
	}
}
