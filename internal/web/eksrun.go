package web

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/application"
	"github.com/roadstead/roadstead/internal/provision"
)

// stepPending is a step that nothing was done about yet.
const stepPending application.StepState = "pending"

// allEvents is more than the parts of a cluster ever say in one attempt.
const allEvents = 2000

type runView struct {
	Run      provision.Run
	Role     string
	Status   status
	Making   bool // on the way to a cluster
	Undoing  bool // on the way back
	Gone     int  // parts
	Steps    []stepView
	Findings []findingView
	Parts    []partView
	Events   []partView // newest first
	Failure  *failureView
	Warning  apperr.Code
	Left     []provision.Billed
	Network  string
	Topics   string

	CanCancel  bool
	CanRetry   bool
	RetryWord  string
	CanDelete  bool
	SupportEnd time.Time
	EndsSoon   bool
	Next       string // the version to upgrade to
}

// partView is one part of a stack, as of its last event.
type partView struct {
	Name   string
	Type   string
	Status status
	At     time.Time
	Code   apperr.Code
	Gone   bool
}

// failureView says in our words why an attempt failed.
type failureView struct {
	provision.Failure

	Head string
}

func (h *Handler) run(w http.ResponseWriter, r *http.Request) error {
	run, err := h.Provisions.Run(r.Context(), r.PathValue("run"))
	if err != nil {
		return err
	}
	role, err := h.Provisions.Role(r.Context(), strconv.FormatInt(run.RoleID, 10))
	if err != nil {
		return err
	}
	events, err := h.Provisions.Events(r.Context(), run, 0, allEvents)
	if err != nil {
		return err
	}
	view := viewOf(run, events)
	view.Role = role.Name
	if run.State == provision.Ready {
		if err := h.addUpgrade(r.Context(), role, &view); err != nil {
			return err
		}
	}
	return h.render(w, r, http.StatusOK, "eks-run", run.Spec.Name, view)
}

func viewOf(run provision.Run, events []provision.Logged) runView {
	standing := run.StackID != "" && !run.StackGone
	view := runView{
		Run: run, Status: runStatus(run), Steps: runSteps(run), Failure: failureOf(run),
		Warning: run.Progress.Warning, Network: networkOf(run.Spec.Network),
		Topics: provision.Topic(run.ID), CanDelete: deletable(run.State),
		CanRetry: (run.State == provision.Failed || run.State == provision.Cancelled) && (!standing || run.Took > 0),
	}
	view.Parts, view.Events = partsOf(events)
	for _, part := range view.Parts {
		if part.Gone {
			view.Gone++
		}
	}
	view.RetryWord = "Try again"
	if standing {
		view.RetryWord = "Go on with the cluster"
	}
	if run.State != provision.Ready && run.State != provision.Deleted {
		view.Findings = lookFindings(run.Findings)
	}
	if run.State == provision.Deleted || run.State == provision.DeleteBlocked {
		view.Left = run.Billed
	}
	view.Making = slices.Contains(creation(), run.State)
	view.CanCancel = view.Making && run.CancelRequestedAt.IsZero()
	switch run.State { //nolint:exhaustive // the ways back
	case provision.Failing, provision.Cancelling, provision.Deleting:
		view.Undoing = len(view.Parts) > 0
	}
	return view
}

func deletable(s provision.State) bool { return s.Final() && s != provision.Deleted }

// addUpgrade adds until when the version is supported and what comes after it, as far as the account says.
func (h *Handler) addUpgrade(ctx context.Context, role provision.Role, view *runView) error {
	if role.State != provision.RoleVerified {
		return nil
	}
	spec := view.Run.Spec
	_, offers, err := h.Provisions.Offers(ctx, role.ID, spec.Region)
	if err != nil {
		return err
	}
	view.Topics += " " + provision.FormTopic(role.ID, spec.Region)
	for _, o := range offers.Versions {
		switch o.Version {
		case spec.KubernetesVersion:
			view.SupportEnd, view.EndsSoon = o.SupportEnds, o.EndsSoon(h.Now())
		case nextMinor(spec.KubernetesVersion):
			view.Next = o.Version
		}
	}
	if view.Run.NodesBehind {
		view.Next = spec.KubernetesVersion
	}
	return nil
}

// nextMinor is the version after one such as "1.36", empty for what has another form.
func nextMinor(version string) string {
	major, minor, _ := strings.Cut(version, ".")
	n, err := strconv.Atoi(minor)
	if err != nil {
		return ""
	}
	return fmt.Sprintf("%s.%d", major, n+1)
}

// partsOf is the last word on each part, in the order in which they began, and all that was said. The stack itself is no
// part of itself.
func partsOf(events []provision.Logged) (parts, said []partView) {
	place := map[string]int{}
	for _, e := range events {
		if e.Type == "AWS::CloudFormation::Stack" {
			continue
		}
		part := partView{
			Name: e.LogicalID, Type: strings.TrimPrefix(e.Type, "AWS::"), Status: partStatus(e.Event), At: e.At,
			Gone: e.Status == provision.PartDeleted,
		}
		if e.Failure != nil && !e.FollowUp {
			part.Code = e.Failure.Code
		}
		said = append(said, part)
		i, known := place[e.LogicalID]
		if !known {
			i, parts = len(parts), append(parts, partView{})
			place[e.LogicalID] = i
		}
		if part.Code == "" {
			part.Code = parts[i].Code // a part that failed is deleted later, but why it failed is what matters
		}
		parts[i] = part
	}
	slices.Reverse(said)
	return parts, said
}

// creation are the states on the way to a cluster.
func creation() []provision.State {
	return []provision.State{
		provision.Pending, provision.Preflight, provision.Creating, provision.Waiting, provision.Connecting, provision.Configuring,
	}
}

// creationSteps are the way to a cluster, in the order of their states.
func creationSteps() []string {
	return []string{"preflight", "create", "wait", "connect", "configure", "ready"}
}

// runSteps is how far a run is in what it is about.
func runSteps(r provision.Run) []stepView {
	switch r.State { //nolint:exhaustive // the others are on the way to a cluster
	case provision.Updating:
		at := 0
		if r.Upgrade != nil && r.Upgrade.Nodes {
			at = 1
		}
		return stepsUntil([]string{"control plane", "machines"}, at, application.StepRunning)
	case provision.Deleting, provision.DeleteBlocked, provision.Deleted, provision.Cancelled, provision.Cancelling:
		return nil
	case provision.Failing, provision.Failed:
		return stepsUntil(creationSteps(), failedAt(r), application.StepFailed)
	case provision.Ready:
		return stepsUntil(creationSteps(), len(creationSteps()), application.StepSucceeded)
	}
	states := []provision.State{
		provision.Preflight, provision.Creating, provision.Waiting, provision.Connecting, provision.Configuring,
	}
	for i, state := range states {
		if r.State == state {
			return stepsUntil(creationSteps(), i, application.StepRunning)
		}
	}
	return stepsUntil(creationSteps(), -1, stepPending)
}

// stepsUntil has all steps before one succeed.
func stepsUntil(names []string, at int, state application.StepState) []stepView {
	views := make([]stepView, len(names))
	for i, name := range names {
		views[i] = stepView{Name: name, State: stepPending}
		switch {
		case i < at:
			views[i].State = application.StepSucceeded
		case i == at:
			views[i].State = state
		}
	}
	return views
}

// failedAt is the step that an attempt failed in, by what was there at its end.
func failedAt(r provision.Run) int {
	switch {
	case r.Took > 0 && r.Failure != nil && r.Failure.Code == apperr.CloudEndpointLate:
		return 3
	case r.Took > 0:
		return 4
	case r.StackID != "":
		return 2
	}
	for _, f := range r.Findings {
		if !f.OK {
			return 0
		}
	}
	return 1
}

func failureOf(r provision.Run) *failureView {
	if r.Failure == nil {
		return nil
	}
	heads := map[provision.State]string{
		provision.Ready: "The upgrade was not done", provision.Failing: "It failed, and what was made is being taken back",
		provision.DeleteBlocked: "The deletion is stuck", provision.Failed: "The cluster could not be made",
	}
	head, ok := heads[r.State]
	if !ok {
		head = "Something failed"
	}
	return &failureView{*r.Failure, head}
}

// lookFindings are the results of the look before a creation.
func lookFindings(found []provision.Finding) []findingView {
	views := make([]findingView, len(found))
	for i, f := range found {
		views[i] = findingView{Tone: "bad", Title: capital(strings.ReplaceAll(f.Check, "_", " ")), Code: f.Code, Detail: f.Detail}
		switch {
		case f.Warn:
			views[i].Tone = "warn"
		case f.OK:
			views[i].Tone = "good"
		}
		if e, ok := apperr.Lookup(f.Code); ok && f.Code != "" {
			views[i].Text, views[i].Hint = e.Message, e.Hint
		}
	}
	return views
}

func networkOf(n provision.Network) string {
	if n.Create {
		return "a network of its own, " + n.CIDR
	}
	return fmt.Sprintf("%s, %d subnets", n.VPCID, len(n.SubnetIDs))
}
