package application

import (
	"slices"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
)

// judge says how the run ended, or that it goes on.
func judge(op Operation, facts PodFacts, now time.Time) (outcome, bool) {
	switch {
	case !facts.Found:
		return outcome{code: apperr.PodEvicted}, true
	case facts.Ended:
		return judgeEnd(op, facts), true
	case now.After(op.DeadlineAt.Add(overtime)):
		return overdue(facts), true
	default:
		return judgeWaiting(facts, now)
	}
}

// judgeEnd believes the installer first: what it says of its run is closer to
// the truth than how its process ended.
func judgeEnd(op Operation, facts PodFacts) outcome {
	verdict, said := parseVerdict(facts.Message, op.Token)
	switch {
	case said && verdict.Outcome == outcomeSucceeded:
		return outcome{verdict: &verdict}
	case said && verdict.Code != apperr.Interrupted:
		return outcome{code: verdict.Code, detail: verdict.Detail, verdict: &verdict}
	}
	end := outcome{code: apperr.Interrupted}
	if said {
		end.verdict, end.detail = &verdict, verdict.Detail
	}
	switch {
	case facts.Reason == "DeadlineExceeded":
		end.code = apperr.DeadlineExceeded
	case facts.Disrupted, slices.Contains(evictions, facts.Reason):
		end.code = apperr.PodEvicted
	case facts.Reason == "OOMKilled":
		end.detail = []string{"the installer ran out of memory"}
	}
	return end
}

func overdue(facts PodFacts) outcome {
	end := outcome{code: apperr.DeadlineExceeded}
	if !facts.Scheduled {
		end.detail = []string{"no node took the install pod"}
	}
	return end
}

// judgeWaiting gives up on a container that cannot start. A registry may have
// a bad minute; a name that cannot be parsed never gets better.
func judgeWaiting(facts PodFacts, now time.Time) (outcome, bool) {
	patience := now.Before(facts.CreatedAt.Add(pullGrace))
	switch {
	case facts.Started || facts.Waiting == "":
		return outcome{}, false
	case facts.Waiting == "InvalidImageName":
		return outcome{code: apperr.ImagePullFailed, detail: []string{facts.Waiting}}, true
	case patience:
		return outcome{}, false
	case slices.Contains(pullFailures, facts.Waiting):
		return outcome{code: apperr.ImagePullFailed, detail: []string{facts.Waiting}}, true
	case slices.Contains(startFailures, facts.Waiting):
		return outcome{code: apperr.PodRefused, detail: []string{facts.Waiting}}, true
	default:
		return outcome{}, false
	}
}

// troubled reports whether the operation should look at a waiting container
// before its time.
func troubled(facts PodFacts) bool {
	return facts.Waiting == "InvalidImageName" ||
		slices.Contains(pullFailures, facts.Waiting) || slices.Contains(startFailures, facts.Waiting)
}

// Words of the kubelet and of the controllers that take pods away.
//
//nolint:gochecknoglobals // constant lists
var (
	pullFailures  = []string{"ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull", "RegistryUnavailable", "ImageInspectError"}
	startFailures = []string{"CreateContainerConfigError", "CreateContainerError", "RunContainerError", "PreCreateHookError"}
	evictions     = []string{
		"Evicted", "Preempting", "Preempted", "NodeShutdown", "NodeLost", "Shutdown", "Terminated",
		"NodeAffinity", "UnexpectedAdmissionError", "OutOfcpu", "OutOfmemory", "OutOfpods",
	}
)
