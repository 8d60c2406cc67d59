package api

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/provision"
)

// AWSCluster is a cluster that we make on Amazon EKS, from the wish for it to its end.
type AWSCluster struct {
	ID        int64          `json:"id"`
	ClusterID int64          `json:"cluster_id" doc:"Under which it is registered once it is ready"`
	RoleID    int64          `json:"role_id"`
	Level     cluster.Level  `json:"level" enum:"instance,group"`
	GroupID   int64          `json:"group_id,omitempty"`
	Spec      provision.Spec `json:"spec"`
	//nolint:lll // a tag cannot be wrapped
	State     provision.State    `json:"state" enum:"pending,preflight,creating,waiting,connecting,configuring,ready,failing,failed,cancelling,cancelled,updating,deleting,delete_blocked,deleted"`
	Final     bool               `json:"final" doc:"It waits for nobody but people"`
	Attempt   int                `json:"attempt"`
	Stack     string             `json:"stack" doc:"The name of the CloudFormation stack"`
	Percent   int                `json:"percent"`
	Remaining int                `json:"remaining_seconds,omitempty" doc:"Estimated from earlier ones"`
	Nodes     int                `json:"nodes" doc:"Machines that joined"`
	Ready     int                `json:"nodes_ready"`
	Warning   *Reason            `json:"warning,omitempty" doc:"Ready, but something is not as it should be"`
	Findings  []AWSFinding       `json:"findings" nullable:"false" doc:"Of the look before the creation"`
	Failure   *AWSFailure        `json:"failure,omitempty"`
	Upgrade   *provision.Upgrade `json:"upgrade,omitempty" doc:"On its way"`
	Plan      *provision.Plan    `json:"plan,omitempty" doc:"What the upgrade does"`
	Stuck     []string           `json:"stuck,omitempty" doc:"Parts that could not be deleted"`
	Left      []provision.Billed `json:"left,omitempty" doc:"What stayed in the account and costs"`
	CostFloor provision.Floor    `json:"cost_floor"`
	CreatedBy string             `json:"created_by,omitempty"`
	CreatedAt time.Time          `json:"created_at"`
	ReadyAt   time.Time          `json:"ready_at,omitzero"`
	Deadline  time.Time          `json:"deadline_at,omitzero" doc:"When its state must have ended"`
	AsOf      time.Time          `json:"as_of" doc:"When the state was read"`
	Topic     string             `json:"topic" doc:"What to follow at /events"`
}

// AWSFinding is one result of the look before a creation.
type AWSFinding struct {
	Check string  `json:"check"`
	OK    bool    `json:"ok"`
	Warn  bool    `json:"warn,omitempty"`
	Error *Reason `json:"error,omitempty"`
}

// AWSFailure says why an attempt failed.
type AWSFailure struct {
	Reason

	Class         provision.Class `json:"class"`
	ResourceType  string          `json:"resource_type,omitempty" example:"AWS::EKS::Cluster"`
	Action        string          `json:"action,omitempty" doc:"What we may not do"`
	NeedsCleanup  bool            `json:"needs_cleanup,omitempty" doc:"Something was left in the account and costs"`
	CorrelationID string          `json:"correlation_id,omitempty" doc:"Finds AWS' own words in the log"`
}

// AWSEvent is one change of a part of a stack.
type AWSEvent struct {
	Seq    int64                 `json:"seq"`
	At     time.Time             `json:"at"`
	Part   string                `json:"part" doc:"Its name in our template"`
	Type   string                `json:"type" example:"AWS::EKS::Nodegroup"`
	Status provision.EventStatus `json:"status" enum:"creating,created,updating,updated,deleting,deleted,retained,failed"`
	Error  *Reason               `json:"error,omitempty"`
}

// NewAWSCluster is a wish for a cluster.
type NewAWSCluster struct {
	Role       string         `json:"role" doc:"An id or a name"`
	Spec       provision.Spec `json:"spec"`
	AcceptCost bool           `json:"accept_cost" doc:"It costs from the first hour until it is deleted"`
}

// AWSClusterInput names a cluster that we make.
type AWSClusterInput struct {
	Run string `path:"run" doc:"An id, or the name of the cluster"`
}

type newAWSClusterInput struct {
	WaitInput
	Body NewAWSCluster
}

type showAWSClusterInput struct {
	AWSClusterInput
	WaitInput
}

type awsEventsInput struct {
	AWSClusterInput
	After int64 `query:"after" minimum:"0"`
	Limit int   `query:"limit" minimum:"1" maximum:"500" default:"200"`
}

type upgradeAWSClusterInput struct {
	AWSClusterInput
	Body struct {
		Version string `json:"version" example:"1.37"`
	}
}

type deleteAWSClusterInput struct {
	AWSClusterInput
	Confirm       string   `query:"confirm" doc:"The name of the cluster"`
	LoadBalancers bool     `query:"load_balancers" doc:"Remove load balancers first"`
	Retain        []string `query:"retain" doc:"Parts to leave behind, once their deletion failed"`
	Force         bool     `query:"force" doc:"Leave behind whatever cannot be deleted"`
	Forget        bool     `query:"forget" doc:"Delete nothing in the account, only what we know"`
}

func (h *Handler) mountAWSClusters(r router) {
	route(r, "GET /aws/clusters", "list-aws-clusters", "List the clusters that we make on Amazon EKS",
		signedIn(), h.listAWSClusters)
	route(r, "POST /aws/clusters", "create-aws-cluster", "Make a cluster on Amazon EKS",
		decided("whoever has manage_run where the role is", h.mayUseRole), h.createAWSCluster, answers(http.StatusAccepted))
	route(r, "GET /aws/clusters/{run}", "show-aws-cluster", "Show how far a cluster is",
		h.needs(auth.ReadRun, h.ofRun), h.showAWSCluster)
	route(r, "GET /aws/clusters/{run}/events", "list-aws-events", "List what became of the parts of its stack",
		h.needs(auth.ReadRun, h.ofRun), h.listAWSEvents)
	route(r, "GET /aws/clusters/{run}/inventory", "show-aws-inventory", "Show what a deletion would meet",
		h.needs(auth.ReadRun, h.ofRun), h.showInventory)
	route(r, "POST /aws/clusters/{run}/cancel", "cancel-aws-cluster", "Stop making a cluster, and take back what was made",
		h.needs(auth.ManageRun, h.ofRun), h.cancelAWSCluster, answers(http.StatusAccepted))
	route(r, "POST /aws/clusters/{run}/retry", "retry-aws-cluster", "Go on after a failure",
		h.needs(auth.ManageRun, h.ofRun), h.retryAWSCluster, answers(http.StatusAccepted))
	route(r, "POST /aws/clusters/{run}/upgrade", "upgrade-aws-cluster",
		"Upgrade by one minor version: control plane, then machines",
		h.needs(auth.ManageRun, h.ofRun), h.upgradeAWSCluster, answers(http.StatusAccepted))
	route(r, "DELETE /aws/clusters/{run}", "delete-aws-cluster", "Delete a cluster in the account, or forget it",
		h.needs(auth.ManageRun, h.ofRun), h.deleteAWSCluster, answers(http.StatusAccepted))
}

func (h *Handler) listAWSClusters(ctx context.Context, in *PageInput) (*pageOutput[AWSCluster], error) {
	runs, err := visiblePage(ctx, h, *in, h.Provisions.Runs, func(r provision.Run) int64 { return r.ID }, auth.ReadRun, runSubject)
	if err != nil {
		return nil, err
	}
	return newPage(*in, runs, func(r provision.Run) int64 { return r.ID }, viewAWSCluster), nil
}

func (h *Handler) createAWSCluster(ctx context.Context, in *newAWSClusterInput) (*result[AWSCluster], error) {
	role, err := h.roleNamed(ctx, in.Body.Role)
	if err != nil {
		return nil, err
	}
	identity, _ := auth.FromContext(ctx)
	run, err := h.Provisions.Create(ctx, provision.Order{
		RoleID: role.ID, Spec: in.Body.Spec, AcceptCost: in.Body.AcceptCost, By: identity.Name,
	})
	if err != nil {
		return nil, err
	}
	return h.awaitRun(ctx, run.ID, in.WaitInput)
}

// mayUseRole asks about the role that a new cluster would be made by, whose owner becomes the cluster's.
func (h *Handler) mayUseRole(ctx context.Context, in *newAWSClusterInput) error {
	role, err := h.roleNamed(ctx, in.Body.Role)
	if err != nil {
		return err
	}
	return h.checkFound(ctx, auth.ManageRun, roleSubject(role))
}

func (h *Handler) showAWSCluster(ctx context.Context, in *showAWSClusterInput) (*result[AWSCluster], error) {
	shown, err := await(ctx, h, in.WaitInput, h.awsCluster(found[provision.Run](ctx).ID))
	return &result[AWSCluster]{in.statusOf(shown.Final), shown}, err
}

func (h *Handler) listAWSEvents(ctx context.Context, in *awsEventsInput) (*list[AWSEvent], error) {
	run := found[provision.Run](ctx)
	events, err := h.Provisions.Events(ctx, run, in.After, in.Limit)
	if err != nil {
		return nil, err
	}
	return newList(events, viewAWSEvent), nil
}

func (h *Handler) showInventory(ctx context.Context, _ *AWSClusterInput) (*body[provision.Inventory], error) {
	run := found[provision.Run](ctx)
	inventory, err := h.Provisions.Inventory(ctx, run.ID)
	return &body[provision.Inventory]{inventory}, err
}

func (h *Handler) cancelAWSCluster(ctx context.Context, in *showAWSClusterInput) (*result[AWSCluster], error) {
	return h.change(ctx, in.WaitInput, h.Provisions.Cancel)
}

func (h *Handler) retryAWSCluster(ctx context.Context, in *showAWSClusterInput) (*result[AWSCluster], error) {
	return h.change(ctx, in.WaitInput, h.Provisions.Retry)
}

func (h *Handler) change(
	ctx context.Context, wait WaitInput, change func(context.Context, int64) (provision.Run, error),
) (*result[AWSCluster], error) {
	run := found[provision.Run](ctx)
	if _, err := change(ctx, run.ID); err != nil {
		return nil, err
	}
	return h.awaitRun(ctx, run.ID, wait)
}

func (h *Handler) upgradeAWSCluster(ctx context.Context, in *upgradeAWSClusterInput) (*result[AWSCluster], error) {
	upgrade := func(ctx context.Context, id int64) (provision.Run, error) {
		return h.Provisions.Upgrade(ctx, id, in.Body.Version)
	}
	return h.change(ctx, WaitInput{}, upgrade)
}

func (h *Handler) deleteAWSCluster(ctx context.Context, in *deleteAWSClusterInput) (*result[AWSCluster], error) {
	run := found[provision.Run](ctx)
	if in.Forget {
		return &result[AWSCluster]{http.StatusOK, viewAWSCluster(run)}, h.Provisions.Forget(ctx, run.ID, in.Confirm)
	}
	run, err := h.Provisions.Delete(ctx, run.ID, provision.Demolition{
		Confirm: in.Confirm, LoadBalancers: in.LoadBalancers, Retain: in.Retain, Force: in.Force,
	})
	return &result[AWSCluster]{http.StatusAccepted, viewAWSCluster(run)}, err
}

func (h *Handler) awaitRun(ctx context.Context, id int64, wait WaitInput) (*result[AWSCluster], error) {
	shown, err := await(ctx, h, wait, h.awsCluster(id))
	if err == nil && wait.Wait != "" && shown.Final {
		return &result[AWSCluster]{http.StatusOK, shown}, nil
	}
	return &result[AWSCluster]{http.StatusAccepted, shown}, err
}

// awsCluster is a cluster that we make, until it waits for nobody but people.
func (h *Handler) awsCluster(id int64) watched[AWSCluster] {
	return watched[AWSCluster]{
		topics: []string{provision.RunsTopic},
		read: func(ctx context.Context) (AWSCluster, error) {
			run, err := h.Provisions.Run(ctx, itoa(id))
			return viewAWSCluster(run), err
		},
		done: func(c AWSCluster) bool { return c.Final },
	}
}

func viewAWSCluster(r provision.Run) AWSCluster {
	return AWSCluster{
		ID: r.ID, ClusterID: r.ClusterID, RoleID: r.RoleID, Level: r.Level, GroupID: r.GroupID, Spec: r.Spec, State: r.State,
		Final: r.State.Final(), Attempt: r.Attempt, Stack: r.StackName(), Percent: r.Progress.Percent,
		Remaining: int(r.Progress.Remaining.Seconds()), Nodes: r.Progress.Nodes, Ready: r.Progress.Ready,
		Warning: reasonOf(r.Progress.Warning), Findings: views(r.Findings, viewAWSFinding), Failure: viewAWSFailure(r.Failure),
		Upgrade: r.Upgrade, Plan: r.Plan, Stuck: r.Stuck, Left: r.Billed, CostFloor: provision.CostFloor(),
		CreatedBy: r.CreatedBy, CreatedAt: r.CreatedAt, ReadyAt: r.ReadyAt, Deadline: r.Deadline,
		AsOf: time.Now().UTC(), Topic: provision.Topic(r.ID),
	}
}

func viewAWSFinding(f provision.Finding) AWSFinding {
	return AWSFinding{Check: f.Check, OK: f.OK, Warn: f.Warn, Error: reasonOf(f.Code, f.Detail...)}
}

func viewAWSFailure(f *provision.Failure) *AWSFailure {
	if f == nil {
		return nil
	}
	return &AWSFailure{
		Reason: *reasonOf(f.Code, f.Zones...), Class: f.Class, ResourceType: f.ResourceType, Action: f.Action,
		NeedsCleanup: f.NeedsCleanup, CorrelationID: f.CorrelationID,
	}
}

func viewAWSEvent(l provision.Logged) AWSEvent {
	shown := AWSEvent{Seq: l.Seq, At: l.At, Part: l.LogicalID, Type: l.Type, Status: l.Status}
	if l.Failure != nil {
		shown.Error = reasonOf(l.Failure.Code, l.Failure.Zones...)
	}
	return shown
}

func itoa(id int64) string { return strconv.FormatInt(id, 10) }
