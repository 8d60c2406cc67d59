package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/secret"
)

// EditCluster is what changes of a cluster. What is absent stays.
type EditCluster struct {
	Name             *string `json:"name,omitempty" maxLength:"255"`
	EnvironmentScope *string `json:"environment_scope,omitempty" doc:"Which environments it serves; * stands for any text"`
	Enabled          *bool   `json:"enabled,omitempty" doc:"A disabled cluster serves no environment and is left alone"`
	APIURL           *string `json:"api_url,omitempty" maxLength:"2048" doc:"Takes the token as well"`
	CA               *string `json:"ca,omitempty" maxLength:"65536" doc:"PEM; empty: the system's roots. Takes the token as well"`
	Token            string  `json:"token,omitempty" maxLength:"65536" doc:"In place of the credential in use. Never shown again."`

	ClusterSettings
}

type editClusterInput struct {
	ClusterInput
	WaitInput
	Body EditCluster
}

func (h *Handler) editCluster(ctx context.Context, in *editClusterInput) (*result[Cluster], error) {
	one := found[cluster.Cluster](ctx)
	manager, err := h.managementProject(ctx, in.Body.ManagementProject)
	if err != nil {
		return nil, err
	}
	edited, err := h.Clusters.Edit(ctx, one.ID, cluster.EditRequest{
		Name: in.Body.Name, EnvironmentScope: in.Body.EnvironmentScope, Enabled: in.Body.Enabled, Domain: in.Body.Domain,
		Managed: in.Body.Managed, NamespacePerEnvironment: in.Body.NamespacePerEnvironment, ManagementProjectID: manager,
		APIURL: in.Body.APIURL, CAPEM: in.Body.CA, Namespace: in.Body.Namespace, Token: pastedToken(in.Body.Token),
	})
	if err != nil {
		return nil, err
	}
	subject := h.checked(one.ID, time.Time{})
	if edited.Generation == one.Generation {
		shown, err := subject.read(ctx)
		return &result[Cluster]{http.StatusOK, shown}, err
	}
	shown, err := await(ctx, h, in.WaitInput, subject)
	return &result[Cluster]{in.statusOf(subject.done(shown)), shown}, err
}

// pastedToken takes a token as people paste it, with white space around.
func pastedToken(text string) secret.Value {
	trimmed := strings.TrimSpace(text)
	if trimmed == "" && text != "" {
		trimmed = text // to be refused, not to be taken for absent
	}
	return secret.NewValue([]byte(trimmed))
}
