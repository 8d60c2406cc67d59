package api

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/workload"
)

// maxVersion is how many bytes of a cluster's version are shown.
const maxVersion = 64

// Values is what the API needs of polled values. Reading never calls a cluster.
type Values interface {
	ReadMany(ctx context.Context, name string, clusterIDs []int64) (map[int64]workload.Value, error)
}

// Cluster is a registered Kubernetes cluster. Its credential is never shown.
type Cluster struct {
	ID                      int64                 `json:"id"`
	Name                    string                `json:"name"`
	Level                   cluster.Level         `json:"level" enum:"instance,group,project"`
	GroupID                 int64                 `json:"group_id,omitempty"`
	ProjectID               int64                 `json:"project_id,omitempty"`
	EnvironmentScope        string                `json:"environment_scope"`
	Enabled                 bool                  `json:"enabled"`
	State                   cluster.State         `json:"state" enum:"draft,attached,removing"`
	Domain                  string                `json:"domain,omitempty" doc:"What the host names of its ingresses end with"`
	Managed                 bool                  `json:"managed" doc:"We make the namespaces there"`
	NamespacePerEnvironment bool                  `json:"namespace_per_environment" doc:"Else the environments of a project share one"`
	ManagementProjectID     int64                 `json:"management_project_id,omitempty" doc:"The project that it serves before all others"`
	Provider                cluster.Provider      `json:"provider" enum:"user,aws"`
	AuthorizationType       cluster.Authorization `json:"authorization_type" enum:"rbac,abac,unknown_authorization"`
	Namespace               string                `json:"namespace,omitempty" doc:"In place of the names of a project's namespaces"`
	Removal                 *Removal              `json:"removal,omitempty" doc:"How it is being removed"`
	CreatedBy               int64                 `json:"created_by,omitempty" doc:"The user who attached it"`
	APIURL                  string                `json:"api_url"`
	CA                      string                `json:"ca,omitempty" doc:"The certificates that the API server is trusted by"`
	CreatedAt               time.Time             `json:"created_at"`
	UpdatedAt               time.Time             `json:"updated_at"`
	Connection              Connection            `json:"connection"`
	Topic                   string                `json:"topic" doc:"What to follow at /events"`
}

// Removal is how a registration is ending.
type Removal struct {
	Mode         cluster.RemoveMode `json:"mode" enum:"leave,clean_up,forget"`
	Applications bool               `json:"applications" doc:"Applications are uninstalled, too"`
	Error        *Reason            `json:"error,omitempty" doc:"Why the last try to clean up went no further"`
}

func viewRemoval(r *cluster.Removal) *Removal {
	if r == nil {
		return nil
	}
	return &Removal{Mode: r.Mode, Applications: r.Applications, Error: reasonOf(r.Code)}
}

// Connection is what the last check of a cluster found.
type Connection struct {
	State     workload.State `json:"state" enum:"idle,syncing,live,stale,unreachable"`
	AsOf      time.Time      `json:"as_of,omitzero" doc:"When the cluster last answered"`
	CheckedAt time.Time      `json:"checked_at,omitzero" doc:"When the last check ended; absent before the first"`
	Error     *Reason        `json:"error,omitempty" doc:"Why the last check failed"`
	Connected bool           `json:"connected" doc:"The API server answered and took the token"`
	Version   string         `json:"version,omitempty" example:"v1.37.2"`
	Findings  []Finding      `json:"findings" nullable:"false"`
	Topic     string         `json:"topic" doc:"What to follow at /events to see checks end"`
}

// Finding is one line of the report card.
type Finding struct {
	Check   string          `json:"check" doc:"reachable, tls, token, version or rights"`
	Feature cluster.Feature `json:"feature,omitempty" enum:"namespaces,applications,live" doc:"What needs the rights"`
	Outcome cluster.Outcome `json:"outcome" enum:"ok,warning,failed,skipped"`
	Error   *Reason         `json:"error,omitempty"`
}

func viewCluster(c cluster.Cluster, connection Connection) Cluster {
	return Cluster{
		ID: c.ID, Name: c.Name, Level: c.Level, GroupID: c.GroupID, ProjectID: c.ProjectID,
		EnvironmentScope: c.EnvironmentScope, Enabled: c.Enabled, State: c.State, Domain: c.Domain, Managed: c.Managed,
		NamespacePerEnvironment: c.NamespacePerEnvironment, ManagementProjectID: c.ManagementProjectID, Provider: c.Provider,
		AuthorizationType: c.AuthorizationType, Namespace: c.Platform.Namespace, Removal: viewRemoval(c.Removal), CreatedBy: c.CreatedBy,
		APIURL: c.Platform.APIURL, CA: c.Platform.CAPEM, CreatedAt: c.CreatedAt, UpdatedAt: c.UpdatedAt,
		Connection: connection, Topic: clusterTopic(c.ID),
	}
}

// connections reads what is known of the clusters' connections, which also keeps it fresh while somebody looks.
func (h *Handler) connections(ctx context.Context, clusters []cluster.Cluster) (map[int64]Connection, error) {
	ids := make([]int64, 0, len(clusters))
	for _, c := range clusters {
		ids = append(ids, c.ID)
	}
	values, err := h.Values.ReadMany(ctx, cluster.ConnectionValue, ids)
	if err != nil {
		return nil, fmt.Errorf("read connections: %w", err)
	}
	connections := make(map[int64]Connection, len(ids))
	for _, id := range ids {
		if connections[id], err = viewConnection(id, values[id]); err != nil {
			return nil, fmt.Errorf("read connection of cluster %d: %w", id, err)
		}
	}
	return connections, nil
}

func viewConnection(id int64, v workload.Value) (Connection, error) {
	var known cluster.Connection
	if len(v.Data) > 0 {
		if err := json.Unmarshal(v.Data, &known); err != nil {
			return Connection{}, fmt.Errorf("decode it: %w", err)
		}
	}
	return Connection{
		State: valueState(v, time.Now()), AsOf: v.AsOf, CheckedAt: v.CheckedAt, Error: reasonOf(v.Code),
		Connected: known.Connected && v.Code == "", Version: apperr.Clean(known.Version, maxVersion).String(),
		Findings: views(known.Findings, viewFinding), Topic: workload.ValueTopic(id, cluster.ConnectionValue),
	}, nil
}

func viewFinding(f cluster.Finding) Finding {
	return Finding{Check: f.Check, Feature: f.Feature, Outcome: f.Outcome, Error: reasonOf(f.Code, f.Detail...)}
}

// valueState says how far a polled value can be trusted. One whose refresh is overdue by more than the two minutes that
// a refresh may take is stale: nobody is working on it.
func valueState(v workload.Value, now time.Time) workload.State {
	const refreshTime = 2 * time.Minute
	switch {
	case v.Code != "":
		return workload.Unreachable
	case v.AsOf.IsZero():
		return workload.Syncing
	case now.Sub(v.RefreshAt) > refreshTime:
		return workload.Stale
	default:
		return workload.Live
	}
}
