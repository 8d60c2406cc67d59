package api

import (
	"context"
	"net/http"
	"time"

	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/tenant"
)

// Members is what the API needs of members.
type Members interface {
	Members(ctx context.Context, q tenant.MemberQuery) ([]tenant.ListedMember, error)
	AddMember(ctx context.Context, by tenant.Granter, n tenant.NewMember) (tenant.ListedMember, error)
	UpdateMember(ctx context.Context, by tenant.Granter, at tenant.Place, userID int64, c tenant.MemberChange) (tenant.ListedMember, error)
	RemoveMember(ctx context.Context, by tenant.Granter, at tenant.Place, userID int64) error
}

// Member is a user with a role in a group or project.
type Member struct {
	ID        int64     `json:"id"`
	UserID    int64     `json:"user_id"`
	Username  string    `json:"username"`
	Name      string    `json:"name"`
	Role      string    `json:"role" enum:"guest,reporter,developer,maintainer,owner"`
	GroupID   int64     `json:"group_id,omitempty" doc:"Of the group that the membership is of"`
	ProjectID int64     `json:"project_id,omitempty" doc:"Of the project that the membership is of"`
	Path      string    `json:"path" doc:"Of that group or project"`
	Inherited bool      `json:"inherited" doc:"The membership is of a group above"`
	ExpiresAt time.Time `json:"expires_at,omitzero" doc:"When the membership ends; absent: never"`
	CreatedAt time.Time `json:"created_at"`
}

func viewMember(m tenant.ListedMember, at tenant.Place) Member {
	return Member{
		ID: m.ID, UserID: m.UserID, Username: m.Username, Name: m.Name, Role: m.Role.String(), GroupID: m.GroupID,
		ProjectID: m.ProjectID, Path: m.Path, Inherited: m.Place != at, ExpiresAt: m.ExpiresAt, CreatedAt: m.CreatedAt,
	}
}

// NewMember is what it takes to make somebody a member.
type NewMember struct {
	User      string    `json:"user" doc:"An id or a username"`
	Role      string    `json:"role" enum:"guest,reporter,developer,maintainer,owner"`
	ExpiresAt time.Time `json:"expires_at,omitzero" doc:"When the membership ends; absent: never"`
}

// EditMember is what changes of a membership. What is absent stays.
type EditMember struct {
	Role      string     `json:"role,omitempty" enum:"guest,reporter,developer,maintainer,owner"`
	ExpiresAt *time.Time `json:"expires_at,omitempty" doc:"0001-01-01T00:00:00Z takes the end away"`
}

// MembersInput says which members are wanted.
type MembersInput struct {
	PageInput
	Inherited bool   `query:"inherited" doc:"With members of the groups above, everybody once, with the highest role"`
	Search    string `query:"search" maxLength:"255" doc:"The beginning of a username"`
}

// MemberInput names a member by the user.
type MemberInput struct {
	User string `path:"user" doc:"An id or a username"`
}

type groupMembersInput struct {
	GroupInput
	MembersInput
}

type projectMembersInput struct {
	ProjectInput
	MembersInput
}

type newGroupMemberInput struct {
	GroupInput
	Body NewMember
}

type newProjectMemberInput struct {
	ProjectInput
	Body NewMember
}

type editGroupMemberInput struct {
	GroupInput
	MemberInput
	Body EditMember
}

type editProjectMemberInput struct {
	ProjectInput
	MemberInput
	Body EditMember
}

type groupMemberInput struct {
	GroupInput
	MemberInput
}

type projectMemberInput struct {
	ProjectInput
	MemberInput
}

func (h *Handler) mountMembers(r router) {
	const group, project = "/groups/{group}/members", "/projects/{project}/members"
	readGroup, readProject := h.needs(auth.ReadMembers, h.ofGroup), h.needs(auth.ReadMembers, h.ofProject)
	adminGroup, adminProject := h.needs(auth.AdminMembers, h.ofGroup), h.needs(auth.AdminMembers, h.ofProject)
	made := answers(http.StatusCreated)

	route(r, "GET "+group, "list-group-members", "List a group's members", readGroup,
		func(ctx context.Context, in *groupMembersInput) (*pageOutput[Member], error) {
			return h.listMembers(ctx, in.MembersInput)
		})
	route(r, "GET "+project, "list-project-members", "List a project's members", readProject,
		func(ctx context.Context, in *projectMembersInput) (*pageOutput[Member], error) {
			return h.listMembers(ctx, in.MembersInput)
		})
	route(r, "POST "+group, "add-group-member", "Make a user a member of a group and of all that is in it", adminGroup,
		func(ctx context.Context, in *newGroupMemberInput) (*body[Member], error) {
			return h.addMember(ctx, in.Body)
		}, made)
	route(r, "POST "+project, "add-project-member", "Make a user a member of a project", adminProject,
		func(ctx context.Context, in *newProjectMemberInput) (*body[Member], error) {
			return h.addMember(ctx, in.Body)
		}, made)
	route(r, "PATCH "+group+"/{user}", "edit-group-member", "Change a member's role or end", adminGroup,
		func(ctx context.Context, in *editGroupMemberInput) (*body[Member], error) {
			return h.editMember(ctx, in.User, in.Body)
		})
	route(r, "PATCH "+project+"/{user}", "edit-project-member", "Change a member's role or end", adminProject,
		func(ctx context.Context, in *editProjectMemberInput) (*body[Member], error) {
			return h.editMember(ctx, in.User, in.Body)
		})
	route(r, "DELETE "+group+"/{user}", "remove-group-member", "End a membership of a group",
		h.ownOr(adminGroup, h.ofGroup),
		func(ctx context.Context, in *groupMemberInput) (*struct{}, error) {
			return nil, h.removeMember(ctx, in.User)
		})
	route(r, "DELETE "+project+"/{user}", "remove-project-member", "End a membership of a project",
		h.ownOr(adminProject, h.ofProject),
		func(ctx context.Context, in *projectMemberInput) (*struct{}, error) {
			return nil, h.removeMember(ctx, in.User)
		})
}

// ownOr lets everybody end his own membership, and those in whom the permission lets in.
func (h *Handler) ownOr(p permission, find finder) permission {
	admin := p.path
	p.who = "the member himself, or " + p.who
	p.path = func(ctx context.Context, param func(string) string) (context.Context, error) {
		who, _ := auth.FromContext(ctx)
		if named := param("user"); named != who.Name && named != itoa(who.UserID) {
			return admin(ctx, param)
		}
		return h.needs(auth.ReadMembers, find).path(ctx, param)
	}
	return p
}

// place is the group or project that the path named.
func place(ctx context.Context) tenant.Place {
	return tenant.Place{GroupID: found[tenant.Group](ctx).ID, ProjectID: found[tenant.Project](ctx).ID}
}

// granter is the caller with his role there, which none that he gives is above.
func (h *Handler) granter(ctx context.Context) (tenant.Granter, error) {
	who, _ := auth.FromContext(ctx)
	role, err := h.Access.Role(ctx, who, auth.Subject(place(ctx)))
	return tenant.Granter{UserID: who.UserID, Role: role, Admin: who.Admin}, err
}

func (h *Handler) listMembers(ctx context.Context, in MembersInput) (*pageOutput[Member], error) {
	at := place(ctx)
	members, err := h.Tenants.Members(ctx, tenant.MemberQuery{
		Place: at, Inherited: in.Inherited, Search: in.Search, Page: in.tenantPage(),
	})
	if err != nil {
		return nil, err
	}
	view := func(m tenant.ListedMember) Member { return viewMember(m, at) }
	return newPage(in.PageInput, members, func(m tenant.ListedMember) int64 { return m.UserID }, view), nil
}

func (h *Handler) addMember(ctx context.Context, n NewMember) (*body[Member], error) {
	user, err := h.Users.FindUser(ctx, n.User)
	if err != nil {
		return nil, err
	}
	role, err := tenant.ParseRole(n.Role)
	if err != nil {
		return nil, err
	}
	by, err := h.granter(ctx)
	if err != nil {
		return nil, err
	}
	at := place(ctx)
	m, err := h.Tenants.AddMember(ctx, by, tenant.NewMember{Place: at, UserID: user.ID, Role: role, ExpiresAt: n.ExpiresAt})
	return &body[Member]{viewMember(m, at)}, err
}

func (h *Handler) editMember(ctx context.Context, named string, e EditMember) (*body[Member], error) {
	user, err := h.Users.FindUser(ctx, named)
	if err != nil {
		return nil, err
	}
	change := tenant.MemberChange{ExpiresAt: e.ExpiresAt}
	if e.Role != "" {
		role, err := tenant.ParseRole(e.Role)
		if err != nil {
			return nil, err
		}
		change.Role = &role
	}
	by, err := h.granter(ctx)
	if err != nil {
		return nil, err
	}
	at := place(ctx)
	m, err := h.Tenants.UpdateMember(ctx, by, at, user.ID, change)
	return &body[Member]{viewMember(m, at)}, err
}

func (h *Handler) removeMember(ctx context.Context, named string) error {
	user, err := h.Users.FindUser(ctx, named)
	if err != nil {
		return err
	}
	by, err := h.granter(ctx)
	if err != nil {
		return err
	}
	return h.Tenants.RemoveMember(ctx, by, place(ctx), user.ID)
}
