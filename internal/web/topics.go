package web

import (
	"context"
	"strconv"
	"strings"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/auth"
)

// mayFollow reports whether somebody may know that what a topic names has changed. The topics of whole lists say only that
// something changed somewhere. A topic that nobody knows is followed by nobody.
func (h *Handler) mayFollow(ctx context.Context, who auth.Identity, topic string) bool {
	kind, rest, _ := strings.Cut(topic, "/")
	if rest == "" {
		return kind == "clusters" || kind == "provisions" || kind == "provision-roles"
	}
	about, ability, err := h.subjectOf(ctx, kind, strings.Split(rest, "/"))
	return err == nil && h.Access.Check(ctx, who, ability, about) == nil
}

// subjectOf finds whose rights a topic is under, and what it takes.
func (h *Handler) subjectOf(ctx context.Context, kind string, rest []string) (auth.Subject, auth.Ability, error) {
	id, err := strconv.ParseInt(rest[0], 10, 64)
	if err != nil {
		return auth.Subject{}, "", apperr.Of(apperr.NotFound)
	}
	switch kind {
	case "group":
		return auth.Group(id), auth.ReadGroup, nil
	case "project":
		return auth.Project(id), auth.ReadProject, nil
	case "cluster", "value":
		about, err := h.subjectOfCluster(ctx, id)
		return about, auth.ReadCluster, err
	case "application":
		about, err := h.subjectOfCluster(ctx, id)
		return about, auth.ReadApplication, err
	case "operation":
		o, err := h.Applications.Operation(ctx, id)
		if err != nil {
			return auth.Subject{}, "", err
		}
		about, err := h.subjectOfCluster(ctx, o.ClusterID)
		return about, auth.ReadApplication, err
	case "namespace":
		n, err := h.Namespaces.ByID(ctx, id)
		return auth.Project(n.ProjectID), auth.ReadNamespace, err
	case "provision":
		run, err := h.Provisions.Run(ctx, rest[0])
		return auth.Group(run.GroupID), auth.ReadRun, err
	case "provision-form":
		role, err := h.Provisions.Role(ctx, rest[0])
		return auth.Group(role.GroupID), auth.ReadRole, err
	case "mirror":
		return h.subjectOfMirror(ctx, id, rest)
	}
	return auth.Subject{}, "", apperr.Of(apperr.NotFound)
}

func (h *Handler) subjectOfCluster(ctx context.Context, id int64) (auth.Subject, error) {
	c, err := h.Clusters.Cluster(ctx, strconv.FormatInt(id, 10))
	return auth.Subject{GroupID: c.GroupID, ProjectID: c.ProjectID}, err
}

// subjectOfMirror is the project of a namespace, or the cluster when the topic is about all of it.
func (h *Handler) subjectOfMirror(ctx context.Context, clusterID int64, rest []string) (auth.Subject, auth.Ability, error) {
	const ofNamespace = 3 // cluster, kind, namespace
	if len(rest) == ofNamespace && rest[2] != "" {
		n, err := h.Namespaces.Named(ctx, clusterID, rest[2])
		return auth.Project(n.ProjectID), auth.ReadLive, err
	}
	about, err := h.subjectOfCluster(ctx, clusterID)
	return about, auth.ReadCluster, err
}
