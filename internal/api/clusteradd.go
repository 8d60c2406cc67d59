package api

import (
	"context"
	"net/http"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/cluster"
)

// NewCluster is what it takes to attach an existing cluster.
type NewCluster struct {
	Name             string        `json:"name" maxLength:"255"`
	Level            cluster.Level `json:"level" enum:"instance,group,project"`
	Group            string        `json:"group,omitempty" doc:"Id or full path, at level group"`
	Project          string        `json:"project,omitempty" doc:"Id or full path, at level project"`
	EnvironmentScope string        `json:"environment_scope,omitempty" default:"*" doc:"Which environments it serves; * stands for any text"`
	Enabled          *bool         `json:"enabled,omitempty" doc:"A disabled cluster serves no environment and is left alone"`
	//nolint:lll // a tag cannot be wrapped
	AuthorizationType cluster.Authorization `json:"authorization_type,omitempty" enum:"rbac,abac,unknown_authorization" doc:"How the cluster decides; rbac if absent"`

	APIURL      string   `json:"api_url" maxLength:"2048" example:"https://k8s.example.com:6443"`
	CA          string   `json:"ca,omitempty" maxLength:"65536" doc:"Certificates in PEM; the system's roots if absent"`
	Token       string   `json:"token" maxLength:"65536" doc:"Of a service account. Never shown again."`
	OwnIdentity []string `json:"own_identity,omitempty" enum:"namespaces,applications,live" doc:"Have an account of our own"`
	Draft       bool     `json:"draft,omitempty" doc:"It serves nobody, and goes after an hour unless saved"`

	ClusterSettings
}

// ClusterSettings are the settings of a cluster that few need to know.
type ClusterSettings struct {
	Domain                  *string `json:"domain,omitempty" maxLength:"255" doc:"What the host names of its ingresses end with"`
	Managed                 *bool   `json:"managed,omitempty" doc:"Whether we make the namespaces there; true if never said"`
	NamespacePerEnvironment *bool   `json:"namespace_per_environment,omitempty" doc:"Else the environments of a project share one"`
	ManagementProject       *string `json:"management_project,omitempty" doc:"The project it serves before all others; empty: none"`
	Namespace               *string `json:"namespace,omitempty" maxLength:"63" doc:"In place of the names of a project's namespaces"`
}

type attachInput struct {
	WaitInput
	Body NewCluster
}

func (h *Handler) attachCluster(ctx context.Context, in *attachInput) (*result[Cluster], error) {
	owner, err := h.ofNewCluster(ctx, in)
	if err != nil {
		return nil, err
	}
	manager, err := h.managementProject(ctx, in.Body.ManagementProject)
	if err != nil {
		return nil, err
	}
	request := in.Body.request(owner)
	if manager != nil {
		request.ManagementProjectID = *manager
	}
	attached, err := h.Clusters.Attach(ctx, request)
	if err != nil {
		return nil, err
	}
	shown, err := await(ctx, h, in.WaitInput, h.checked(attached.ID, time.Time{}))
	return &result[Cluster]{http.StatusCreated, shown}, err
}

// ofNewCluster is of whom a new cluster is.
func (h *Handler) ofNewCluster(ctx context.Context, in *attachInput) (auth.Subject, error) {
	switch in.Body.Level {
	case cluster.Group:
		group, err := h.Tenants.Group(ctx, in.Body.Group)
		return auth.Group(group.ID), err
	case cluster.Project:
		project, err := h.Tenants.Project(ctx, in.Body.Project)
		return auth.Project(project.ID), err
	case cluster.Instance:
	}
	return auth.Instance(), nil
}

// request is the cluster that is wanted, for an owner.
func (n NewCluster) request(owner auth.Subject) cluster.AttachRequest {
	r := cluster.AttachRequest{
		Name: n.Name, Level: n.Level, GroupID: owner.GroupID, ProjectID: owner.ProjectID, EnvironmentScope: n.EnvironmentScope,
		Enabled: n.Enabled, Managed: n.Managed, NamespacePerEnvironment: n.NamespacePerEnvironment,
		AuthorizationType: n.AuthorizationType, APIURL: n.APIURL, CAPEM: n.CA, Token: pastedToken(n.Token),
		OwnIdentity: featuresOf(n.OwnIdentity), Draft: n.Draft,
	}
	if n.Domain != nil {
		r.Domain = *n.Domain
	}
	if n.Namespace != nil {
		r.Namespace = *n.Namespace
	}
	return r
}

// managementProject finds the project that a cluster shall serve before all others. Nil is what was not asked for, zero
// is none.
func (h *Handler) managementProject(ctx context.Context, named *string) (*int64, error) {
	if named == nil {
		return nil, nil //nolint:nilnil // nothing was asked for
	}
	if *named == "" {
		return new(int64), nil
	}
	project, err := h.Tenants.Project(ctx, *named)
	if apperr.CodeOf(err) == apperr.NotFound {
		return new(cluster.UnknownProject), nil
	}
	return &project.ID, err
}
