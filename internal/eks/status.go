package eks

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/roadstead/roadstead/internal/provision"
)

// statuses maps what CloudFormation does with a stack. What is not here, such as an import, is none of our doing.
var statuses = map[types.StackStatus]provision.StackStatus{
	types.StackStatusCreateInProgress:                        provision.StackCreating,
	types.StackStatusCreateComplete:                          provision.StackCreated,
	types.StackStatusCreateFailed:                            provision.StackCreateFailed,
	types.StackStatusRollbackInProgress:                      provision.StackRollingBack,
	types.StackStatusRollbackComplete:                        provision.StackRolledBack,
	types.StackStatusRollbackFailed:                          provision.StackRollbackFailed,
	types.StackStatusUpdateInProgress:                        provision.StackUpdating,
	types.StackStatusUpdateCompleteCleanupInProgress:         provision.StackUpdating,
	types.StackStatusUpdateComplete:                          provision.StackUpdated,
	types.StackStatusUpdateFailed:                            provision.StackUpdateStuck,
	types.StackStatusUpdateRollbackInProgress:                provision.StackUpdating,
	types.StackStatusUpdateRollbackCompleteCleanupInProgress: provision.StackUpdating,
	types.StackStatusUpdateRollbackComplete:                  provision.StackUpdateUndone,
	types.StackStatusUpdateRollbackFailed:                    provision.StackUpdateStuck,
	types.StackStatusDeleteInProgress:                        provision.StackDeleting,
	types.StackStatusDeleteComplete:                          provision.StackDeleted,
	types.StackStatusDeleteFailed:                            provision.StackDeleteFailed,
}

func stackStatus(s types.StackStatus) provision.StackStatus {
	if known, ok := statuses[s]; ok {
		return known
	}
	return provision.StackUnknown
}

// partStatus maps what becomes of a part of a stack.
func partStatus(s types.ResourceStatus) provision.EventStatus {
	operation, outcome, _ := strings.Cut(string(s), "_")
	switch {
	case s == types.ResourceStatusDeleteSkipped:
		return provision.PartRetained
	case strings.HasSuffix(string(s), "_FAILED"):
		return provision.PartFailed
	case operation == "CREATE" && outcome == "COMPLETE":
		return provision.PartCreated
	case operation == "CREATE":
		return provision.PartCreating
	case operation == "DELETE" && outcome == "COMPLETE":
		return provision.PartDeleted
	case operation == "DELETE":
		return provision.PartDeleting
	case strings.HasSuffix(string(s), "_COMPLETE"):
		return provision.PartUpdated
	}
	return provision.PartUpdating
}
