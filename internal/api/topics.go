package api

import (
	"context"
	"regexp"
	"strings"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/auth"
)

// maxTopics is how many topics one stream follows.
const maxTopics = 50

// followable is what a topic may look like. Credentials are missing on purpose: they concern only who asked for one.
var followable = regexp.MustCompile(`^(clusters|(cluster|namespace|group|project|application|operation)/[0-9]+` +
	`|provisions|provision-roles|provision/[0-9]+|provision-form/[0-9]+/[a-z0-9-]{1,32}` +
	`|operation/[0-9]+/log|value/[0-9]+/[a-z_]+|mirror/[0-9]+/[a-z]+/[a-z0-9-]{0,63})$`)

// mayFollow asks about everything that the topics name.
func (h *Handler) mayFollow(ctx context.Context, in *eventsInput) error {
	if len(in.Topics) > maxTopics {
		return apperr.Of(apperr.ValidationFailed).WithHint("Follow at most 50 topics in one stream.")
	}
	for _, topic := range in.Topics {
		if !followable.MatchString(topic) {
			return apperr.Of(apperr.ValidationFailed).WithHint("Follow topics as answers name them in their topic fields.")
		}
		if err := h.mayRead(ctx, strings.Split(topic, "/")); err != nil {
			return err
		}
	}
	return nil
}

// mayRead asks about what one topic names. The topics of whole lists say only that something changed somewhere.
func (h *Handler) mayRead(ctx context.Context, topic []string) error {
	switch topic[0] {
	case "clusters", "provisions", "provision-roles":
		return nil
	case "cluster", "value":
		return h.mayReadThe(ctx, auth.ReadCluster, h.ofCluster, topic[1])
	case "application":
		return h.mayReadThe(ctx, auth.ReadApplication, h.ofCluster, topic[1])
	case "operation":
		return h.mayReadThe(ctx, auth.ReadApplication, h.ofOperation, topic[1])
	case "group":
		return h.mayReadThe(ctx, auth.ReadGroup, h.ofGroup, topic[1])
	case "project":
		return h.mayReadThe(ctx, auth.ReadProject, h.ofProject, topic[1])
	case "namespace":
		return h.mayReadThe(ctx, auth.ReadNamespace, h.ofNamespace, topic[1])
	case "provision":
		return h.mayReadThe(ctx, auth.ReadRun, h.ofRun, topic[1])
	case "provision-form":
		return h.mayReadThe(ctx, auth.ReadRole, h.ofRole, topic[1])
	case "mirror":
		return h.mayMirror(ctx, topic[1], topic[3])
	}
	return apperr.Of(apperr.NotFound)
}

func (h *Handler) mayReadThe(ctx context.Context, what auth.Ability, find finder, id string) error {
	_, err := h.needs(what, find).path(ctx, func(string) string { return id })
	return err
}

// mayMirror asks about the live state of one namespace, which its project may see, or of a whole cluster.
func (h *Handler) mayMirror(ctx context.Context, clusterID, namespace string) error {
	err := h.mayReadThe(ctx, auth.ReadCluster, h.ofCluster, clusterID)
	if err == nil || namespace == "" {
		return err
	}
	named := func(ctx context.Context, _ func(string) string) (context.Context, auth.Subject, error) {
		one, err := h.Namespaces.Named(ctx, idOf(clusterID), namespace)
		return ctx, auth.Project(one.ProjectID), err
	}
	return h.mayReadThe(ctx, auth.ReadLive, named, "")
}

func (h *Handler) ofNamespace(ctx context.Context, param func(string) string) (context.Context, auth.Subject, error) {
	one, err := h.Namespaces.ByID(ctx, idOf(param("namespace")))
	return ctx, auth.Project(one.ProjectID), err
}
