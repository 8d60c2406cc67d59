package store

import (
	"context"
	"strings"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/store/sqlgen"
	"github.com/roadstead/roadstead/internal/tenant"
)

// RoleInGroup returns the highest role that a user has in a group or above it.
func (s Tenant) RoleInGroup(ctx context.Context, userID, groupID int64) (tenant.Role, error) {
	role, err := s.db.reader().RoleInGroup(ctx, sqlgen.RoleInGroupParams{GroupID: groupID, UserID: userID, Now: now()})
	return tenant.Role(role), doing(err, "read the role of user %d in group %d", userID, groupID)
}

// RoleInProject returns the highest role that a user has in a project or above it.
func (s Tenant) RoleInProject(ctx context.Context, userID, projectID int64) (tenant.Role, error) {
	role, err := s.db.reader().RoleInProject(ctx, sqlgen.RoleInProjectParams{ProjectID: projectID, UserID: userID, Now: now()})
	return tenant.Role(role), doing(err, "read the role of user %d in project %d", userID, projectID)
}

// Members lists the members of a group or project in order of the users' ids.
func (s Tenant) Members(ctx context.Context, q tenant.MemberQuery) ([]tenant.ListedMember, error) {
	p, err := s.chain(ctx, q)
	if err != nil {
		return nil, err
	}
	p.After, p.Past, p.Most = q.After, int32(q.Offset), int32(q.Limit)
	rows, err := s.db.reader().Members(ctx, p)
	return each(rows, listedRow), doing(err, "list members of %v", q.Place)
}

// CountMembers counts what Members lists. Who they are is counted to the end: an
// index gives them.
func (s Tenant) CountMembers(ctx context.Context, q tenant.MemberQuery) (int, error) {
	p, err := s.chain(ctx, q)
	if err != nil {
		return 0, err
	}
	n, err := s.db.reader().CountMembers(ctx, sqlgen.CountMembersParams{
		GroupID: p.GroupID, Depth: p.Depth, ProjectID: p.ProjectID, Now: p.Now, Search: p.Search, SearchEnd: p.SearchEnd,
	})
	return int(n), doing(err, "count members of %v", q.Place)
}

// chain says where to look for the members of a place.
func (s Tenant) chain(ctx context.Context, q tenant.MemberQuery) (sqlgen.MembersParams, error) {
	search := strings.ToLower(strings.TrimSpace(q.Search))
	p := sqlgen.MembersParams{
		GroupID: q.Place.GroupID, ProjectID: q.Place.ProjectID, Now: now(), Search: search, SearchEnd: search + lastRune,
	}
	if !q.Inherited {
		return p, nil
	}
	p.Depth = 1 << 16 // deeper than any tree
	if p.ProjectID != 0 {
		row, err := s.db.reader().Project(ctx, p.ProjectID)
		if err != nil {
			return p, doing(err, "read project %d", p.ProjectID)
		}
		p.GroupID = row.GroupID
	}
	return p, nil
}

// Member finds a user's own membership of a group or project.
func (s Tenant) Member(ctx context.Context, at tenant.Place, userID int64) (tenant.ListedMember, error) {
	return member(ctx, s.db.reader(), at, userID)
}

// Member reads a membership for a change.
func (t tenantTx) Member(ctx context.Context, at tenant.Place, userID int64) (tenant.ListedMember, error) {
	return member(ctx, t.Queries, at, userID)
}

func member(ctx context.Context, q *sqlgen.Queries, at tenant.Place, userID int64) (m tenant.ListedMember, err error) {
	if at.GroupID != 0 {
		var r sqlgen.GroupMemberRow
		r, err = q.GroupMember(ctx, sqlgen.GroupMemberParams{GroupID: optional(at.GroupID), UserID: userID})
		m = listed(r.Member, r.Username, r.Name, r.Kind, r.State, r.Path)
	} else {
		var r sqlgen.ProjectMemberRow
		r, err = q.ProjectMember(ctx, sqlgen.ProjectMemberParams{ProjectID: optional(at.ProjectID), UserID: userID})
		m = listed(r.Member, r.Username, r.Name, r.Kind, r.State, r.Path)
	}
	return m, doing(err, "read member %d of %v", userID, at)
}

// MembershipsOf lists what a user is a member of himself, the oldest first.
func (s Tenant) MembershipsOf(ctx context.Context, userID int64) ([]tenant.ListedMember, error) {
	rows, err := s.db.reader().MembershipsOf(ctx, sqlgen.MembershipsOfParams{UserID: userID, Now: now()})
	return each(rows, func(r sqlgen.MembershipsOfRow) tenant.ListedMember { return listedRow(sqlgen.MembersRow(r)) }),
		doing(err, "list the memberships of user %d", userID)
}

// ExpiredMembers returns some of the memberships that had ended by then.
func (s Tenant) ExpiredMembers(ctx context.Context, by time.Time, limit int) ([]tenant.Member, error) {
	rows, err := s.db.reader().ExpiredMembers(ctx, sqlgen.ExpiredMembersParams{Now: stamp(by), Most: int32(limit)})
	return each(rows, func(r sqlgen.ExpiredMembersRow) tenant.Member {
		return tenant.Member{
			ID: r.ID, UserID: r.UserID, Place: tenant.Place{GroupID: r.GroupID.Int64, ProjectID: r.ProjectID.Int64},
		}
	}), doing(err, "list memberships that have ended")
}

// InsertMember stores a new membership.
func (t tenantTx) InsertMember(ctx context.Context, m tenant.Member) error {
	_, err := t.Queries.InsertMember(ctx, sqlgen.InsertMemberParams{
		UserID: m.UserID, GroupID: optional(m.GroupID), ProjectID: optional(m.ProjectID), Role: int64(m.Role),
		ExpiresAt: stamp(m.ExpiresAt), CreatedAt: stamp(m.CreatedAt), CreatedBy: m.CreatedBy,
		Source: string(m.Source),
	})
	return doing(err, "store user %d as member of %v", m.UserID, m.Place)
}

// UpdateMember writes role, end and source.
func (t tenantTx) UpdateMember(ctx context.Context, m tenant.Member) error {
	rows, err := t.Queries.UpdateMember(ctx, sqlgen.UpdateMemberParams{
		ID: m.ID, Role: int64(m.Role), ExpiresAt: stamp(m.ExpiresAt), Source: string(m.Source),
	})
	return doing(affected(rows, err, apperr.Of(apperr.NotFound)), "change member %d", m.ID)
}

// DeleteMember ends a membership.
func (t tenantTx) DeleteMember(ctx context.Context, id int64) error {
	rows, err := t.Queries.DeleteMember(ctx, id)
	return doing(affected(rows, err, apperr.Of(apperr.NotFound)), "delete member %d", id)
}

// OtherOwners counts a group's own owners without the user: people and services
// that may sign in and whose membership does not end.
func (t tenantTx) OtherOwners(ctx context.Context, groupID, userID int64) (int, error) {
	n, err := t.Queries.OtherOwners(ctx, sqlgen.OtherOwnersParams{GroupID: optional(groupID), UserID: userID})
	return int(n), doing(err, "count owners of group %d", groupID)
}

func listedRow(r sqlgen.MembersRow) tenant.ListedMember {
	row := sqlgen.Member{
		ID: r.ID, UserID: r.UserID, GroupID: r.GroupID, ProjectID: r.ProjectID, Role: r.Role, ExpiresAt: r.ExpiresAt,
		CreatedAt: r.CreatedAt, CreatedBy: r.CreatedBy, Source: r.Source,
	}
	return listed(row, r.Username, r.Name, r.Kind, r.State, r.Path)
}

func listed(r sqlgen.Member, username, name, kind, state, path string) tenant.ListedMember {
	return tenant.ListedMember{
		Member: tenant.Member{
			ID: r.ID, Place: tenant.Place{GroupID: r.GroupID.Int64, ProjectID: r.ProjectID.Int64}, UserID: r.UserID,
			Role: tenant.Role(r.Role), ExpiresAt: moment(r.ExpiresAt), CreatedAt: moment(r.CreatedAt), CreatedBy: r.CreatedBy,
			Source: tenant.Source(r.Source),
		},
		Username: username, Name: name, Kind: kind, State: state, Path: path,
	}
}
