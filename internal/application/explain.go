package application

import (
	"fmt"

	"github.com/roadstead/roadstead/internal/apperr"
)

// Explain says in words where the operation stands, and what to do about it.
// The details of a failure are in op.Detail; they may be a cluster's words.
func Explain(op Operation) (sentence, hint string) {
	switch {
	case op.Phase == PhaseSucceeded:
		return succeeded(op), ""
	case op.Phase == PhaseFailed:
		return failed(op)
	case op.Phase == PhasePending:
		return fmt.Sprintf("The %s of %s waits for its turn.", op.Action, op.Entry.Title), ""
	default:
		return fmt.Sprintf("The %s of %s is running.", op.Action, op.Entry.Title), ""
	}
}

func succeeded(op Operation) string {
	switch op.Action {
	case Install:
		return fmt.Sprintf("%s %s is installed.", op.Entry.Title, op.installedVersion())
	case Upgrade:
		return fmt.Sprintf("%s is upgraded to %s.", op.Entry.Title, op.installedVersion())
	case Uninstall:
		return op.Entry.Title + " is uninstalled."
	default:
		return ""
	}
}

func failed(op Operation) (sentence, hint string) {
	e := apperr.Of(op.Code)
	sentence, hint = e.Message, e.Hint
	switch op.Code { //nolint:exhaustive // the table's words fit all others
	case apperr.RightsMissing:
		if op.Entry.Rights.Level == RightsClusterAdmin {
			hint = "Apply the shown manifest as a cluster administrator; it lets our account bind the role cluster-admin."
		}
	case apperr.NamespaceForeign:
		sentence = fmt.Sprintf("The namespace %s exists and was not made for %s.", op.Entry.Namespace, op.Entry.Title)
		hint = fmt.Sprintf("To use it all the same: kubectl annotate namespace %s %s=%s",
			op.Entry.Namespace, ApplicationAnnotation, op.Entry.Name)
	case apperr.InstallFailed:
		if op.Action == Uninstall {
			sentence = "The release could not be uninstalled."
		}
	}
	return sentence, hint
}
