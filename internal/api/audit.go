package api

import (
	"context"
	"encoding/hex"
	"fmt"
	"net/url"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/audit"
	"github.com/roadstead/roadstead/internal/auth"
)

// Record is what the API needs of the audit record.
type Record interface {
	// Page returns rows, the newest first, and where the next page begins; the zero cursor after the last one.
	Page(ctx context.Context, q audit.Query) ([]audit.Row, audit.Cursor, error)
}

// AuditEvent is one row of the record of who did what.
type AuditEvent struct {
	ID            int64             `json:"id"`
	At            time.Time         `json:"at"`
	Action        string            `json:"action" example:"cluster.attach"`
	Actor         AuditActor        `json:"actor"`
	Object        AuditObject       `json:"object"`
	GroupID       int64             `json:"group_id,omitempty" doc:"The group whose record it belongs to"`
	ProjectID     int64             `json:"project_id,omitempty" doc:"The project whose record it belongs to"`
	Detail        map[string]string `json:"detail,omitempty"`
	CorrelationID string            `json:"correlation_id,omitempty" doc:"Joins what one request caused, also in the logs"`
	N             int64             `json:"n,omitempty" doc:"Its place in the chain; absent for the moment until it has one"`
	Hash          string            `json:"hash,omitempty" doc:"The signature of its link, in hexadecimal"`
}

// AuditActor is who did something, as known at that time.
type AuditActor struct {
	Kind      audit.Kind `json:"kind" enum:"user,token,session,system,anonymous,local"`
	Name      string     `json:"name"`
	UserID    int64      `json:"user_id,omitempty"`
	TokenID   int64      `json:"token_id,omitempty"`
	SessionID int64      `json:"session_id,omitempty"`
	IP        string     `json:"ip,omitempty"`
}

// AuditObject is what something was done to, as it was called at that time.
type AuditObject struct {
	Kind string `json:"kind"`
	ID   int64  `json:"id,omitempty"`
	Name string `json:"name,omitempty"`
}

// AuditPage is a part of the record, the newest first.
type AuditPage struct {
	Items []AuditEvent `json:"items" nullable:"false" doc:"May be fewer than asked for, though there are more"`
	Next  string       `json:"next,omitempty" doc:"Give it as after to get the next page; absent on the last one"`
}

type auditInput struct {
	Group      string    `query:"group" doc:"Only what happened in this group and all that is in it: an id or a full path"`
	Project    string    `query:"project" doc:"Only what belongs to this project: an id or a full path"`
	Actor      string    `query:"actor" doc:"Only what somebody of this name did"`
	Action     string    `query:"action" doc:"Only this action, such as cluster.attach, or those on one noun, such as cluster"`
	ObjectKind string    `query:"object_kind" doc:"Only acts on objects of this kind"`
	ObjectID   int64     `query:"object_id" minimum:"0" doc:"Only acts on the object of this id, with object_kind"`
	Since      time.Time `query:"since" doc:"From this moment on"`
	Until      time.Time `query:"until" doc:"Before this moment"`
	After      string    `query:"after" doc:"Where the page begins: next of the page before"`
	Limit      int       `query:"limit" minimum:"1" maximum:"100" default:"50" doc:"How many items at most"`
}

type auditOutput struct {
	Link string `header:"Link" doc:"The address of the next page, rel=next"`
	Body AuditPage
}

func (h *Handler) mountAudit(r router) {
	route(r, "GET /audit", "list-audit-events", "List who did what, the newest first",
		needsIn(h, auth.ReadAudit, h.auditOf), h.listAudit)
}

// auditOf is whose record is asked for: that of a group, a project or, of everything, the instance.
func (h *Handler) auditOf(ctx context.Context, in *auditInput) (auth.Subject, error) {
	switch {
	case in.Group != "" && in.Project != "":
		return auth.Subject{}, apperr.Of(apperr.ValidationFailed).WithHint("Ask for a group or for a project.")
	case in.Group != "":
		group, err := h.Tenants.Group(ctx, in.Group)
		return auth.Group(group.ID), err
	case in.Project != "":
		project, err := h.Tenants.Project(ctx, in.Project)
		return auth.Project(project.ID), err
	}
	return auth.Instance(), nil
}

func (h *Handler) listAudit(ctx context.Context, in *auditInput) (*auditOutput, error) {
	subject, err := h.auditOf(ctx, in)
	if err != nil {
		return nil, err
	}
	after, err := audit.ParseCursor(in.After)
	if err != nil {
		return nil, apperr.Of(apperr.ValidationFailed).With(err).WithHint("Give next of the page before as after.")
	}
	rows, next, err := h.Audit.Page(ctx, audit.Query{
		GroupID: subject.GroupID, ProjectID: subject.ProjectID, Actor: in.Actor, Action: in.Action,
		ObjectKind: in.ObjectKind, ObjectID: in.ObjectID, Since: in.Since, Until: in.Until, After: after, Limit: in.Limit,
	})
	if err != nil {
		return nil, err
	}
	out := &auditOutput{Body: AuditPage{Items: views(rows, viewAudit), Next: next.String()}}
	if out.Body.Next != "" {
		out.Link = fmt.Sprintf("<%s/audit?%s>; rel=\"next\"", prefix, in.query(out.Body.Next))
	}
	return out, nil
}

// query is what asks for the page after.
func (in *auditInput) query(after string) string {
	values := url.Values{"after": {after}, "limit": {fmt.Sprint(in.Limit)}}
	for name, value := range map[string]string{
		"group": in.Group, "project": in.Project, "actor": in.Actor, "action": in.Action, "object_kind": in.ObjectKind,
	} {
		if value != "" {
			values.Set(name, value)
		}
	}
	if in.ObjectID != 0 {
		values.Set("object_id", fmt.Sprint(in.ObjectID))
	}
	if !in.Since.IsZero() {
		values.Set("since", in.Since.Format(time.RFC3339Nano))
	}
	return values.Encode() // until is behind us
}

func viewAudit(r audit.Row) AuditEvent {
	return AuditEvent{
		ID: r.ID, At: r.At, Action: r.Action,
		Actor: AuditActor{
			Kind: r.Actor.Kind, Name: r.Actor.Name, UserID: r.Actor.UserID, TokenID: r.Actor.TokenID,
			SessionID: r.Actor.SessionID, IP: r.Actor.Address(),
		},
		Object:  AuditObject{Kind: r.Object.Kind, ID: r.Object.ID, Name: r.Object.Name},
		GroupID: r.GroupID, ProjectID: r.ProjectID, Detail: r.Detail, CorrelationID: r.CorrelationID,
		N: r.N, Hash: hex.EncodeToString(r.Hash),
	}
}
