package web

import (
	"strings"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/application"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/namespace"
	"github.com/roadstead/roadstead/internal/workload"
)

// status is a state in words, with the tone it is shown in: good, warn, bad,
// busy or idle.
type status struct {
	Tone string
	Text string
}

// aged is a status with the time it was true.
type aged struct {
	Status status
	AsOf   time.Time
}

// connectionStatus judges what is known of a cluster's connection. The code is
// that of the last failure to find out.
func connectionStatus(c *cluster.Connection, code apperr.Code) status {
	switch {
	case code != "":
		return status{"bad", "unreachable"}
	case c == nil:
		return status{"busy", "checking"}
	case !c.Connected:
		return status{"bad", "not connected"}
	}
	tone := status{"good", "connected"}
	for _, f := range c.Findings {
		if f.Outcome == cluster.Failed || f.Outcome == cluster.Warning {
			tone = status{"warn", "connected, with findings"}
		}
	}
	return tone
}

func applicationStatus(s application.State) status {
	text := strings.ReplaceAll(string(s), "_", " ")
	switch {
	case s.Busy():
		return status{"busy", text}
	case s == application.Installed || s == application.Updated:
		return status{"good", text}
	case s == application.Installable:
		return status{"idle", "not installed"}
	default:
		return status{"bad", text}
	}
}

func operationStatus(o application.Operation) status {
	switch o.Phase {
	case application.PhaseSucceeded:
		return status{"good", "succeeded"}
	case application.PhaseFailed:
		return status{"bad", "failed"}
	default:
		return status{"busy", string(o.Phase)}
	}
}

func namespaceStatus(n namespace.Namespace) status {
	switch n.State {
	case namespace.Ready:
		return status{"good", "ready"}
	case namespace.Failed:
		return status{"bad", "failed"}
	default:
		return status{"busy", string(n.State)}
	}
}

func podStatus(p workload.Pod) status {
	text := p.Phase
	if p.Reason != "" {
		text = p.Reason
	}
	switch {
	case p.Phase == "Succeeded":
		return status{"idle", text}
	case p.Phase == "Running" && p.Ready == p.Containers:
		return status{"good", text}
	case p.Phase == "Failed" || p.Reason != "" && !starting(p.Reason):
		return status{"bad", text}
	default:
		return status{"busy", text}
	}
}

// starting reports whether a reason for waiting is that of every new pod.
func starting(reason string) bool {
	return reason == "ContainerCreating" || reason == "PodInitializing"
}

func liveStatus(s workload.Status) status {
	switch s.State {
	case workload.Live:
		return status{"good", "live"}
	case workload.Unreachable:
		return status{"bad", "unreachable"}
	case workload.Stale:
		return status{"warn", "stale"}
	case workload.Syncing:
		return status{"busy", "syncing"}
	default:
		return status{"idle", "idle"}
	}
}

// tone is how a finding of a report card is shown.
func tone(o cluster.Outcome) string {
	switch o {
	case cluster.OK:
		return "good"
	case cluster.Warning:
		return "warn"
	case cluster.Failed:
		return "bad"
	default:
		return "idle"
	}
}
