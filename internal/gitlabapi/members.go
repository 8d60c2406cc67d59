package gitlabapi

import (
	"context"
	"net/http"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/tenant"
)

// Members is what this API needs of memberships.
type Members interface {
	Members(ctx context.Context, q tenant.MemberQuery) ([]tenant.ListedMember, error)
	CountMembers(ctx context.Context, q tenant.MemberQuery) (n int, more bool, err error)
	Member(ctx context.Context, place tenant.Place, userID int64) (tenant.ListedMember, error)
	AddMember(ctx context.Context, by tenant.Granter, m tenant.NewMember) (tenant.ListedMember, error)
	UpdateMember(
		ctx context.Context, by tenant.Granter, place tenant.Place, userID int64, change tenant.MemberChange,
	) (tenant.ListedMember, error)
	RemoveMember(ctx context.Context, by tenant.Granter, place tenant.Place, userID int64) error
}

// memberEntity is a user with his role somewhere. Its id is the user's.
type memberEntity struct {
	userEntity

	AccessLevel     tenant.Role `json:"access_level"`
	CreatedAt       moment      `json:"created_at"`
	CreatedBy       *userEntity `json:"created_by,omitempty"`
	ExpiresAt       *string     `json:"expires_at"`
	MembershipState string      `json:"membership_state"`
}

func memberRoutes() []Route {
	var routes []Route
	named := param{name: "user_id", kind: integer, required: true}
	for _, at := range []struct {
		level Level
		path  string
	}{{Group, "/groups/:id/members"}, {Project, "/projects/:id/members"}} {
		add := func(method, rest string, ability auth.Ability, handle func(*Handler, *call) (answer, error), params ...param) {
			routes = append(routes, Route{
				Method: method, Pattern: at.path + rest, Ability: ability, Level: at.level, params: params, handle: handle,
			})
		}
		add(http.MethodGet, "", auth.ReadMembers, (*Handler).listMembers, paged(param{name: "query"})...)
		add(http.MethodGet, "/all", auth.ReadMembers, (*Handler).listAllMembers, paged(param{name: "query"})...)
		add(http.MethodGet, "/:user_id", auth.ReadMembers, (*Handler).showMember, named)
		add(http.MethodGet, "/all/:user_id", auth.ReadMembers, (*Handler).showInherited, named)
		add(http.MethodPost, "", auth.AdminMembers, (*Handler).addMember,
			param{name: "access_level", kind: integer, required: true}, param{name: "user_id", kind: integer},
			param{name: "username"}, param{name: "expires_at", kind: date})
		add(http.MethodPut, "/:user_id", auth.AdminMembers, (*Handler).editMember, named,
			param{name: "access_level", kind: integer, required: true}, param{name: "expires_at", kind: date})
		add(http.MethodDelete, "/:user_id", auth.AdminMembers, (*Handler).removeMember, named)
	}
	return routes
}

func (h *Handler) listMembers(c *call) (answer, error) { return h.memberPage(c, false) }

func (h *Handler) listAllMembers(c *call) (answer, error) { return h.memberPage(c, true) }

func (h *Handler) memberPage(c *call, inherited bool) (answer, error) {
	q := tenant.MemberQuery{
		Place: c.place(), Inherited: inherited, Search: c.params.text("query"),
		Page: tenant.Page{Offset: c.page().offset(), Limit: c.page().size},
	}
	found, err := h.Members.Members(c.ctx(), q)
	if err != nil {
		return answer{}, err
	}
	n, more, err := h.Members.CountMembers(c.ctx(), q)
	if err != nil {
		return answer{}, err
	}
	return listed(c, found, count{n, more}, h.member)
}

// place is what the path names.
func (c *call) place() tenant.Place {
	return tenant.Place{GroupID: c.where.group.ID, ProjectID: c.where.project.ID}
}

func (h *Handler) showMember(c *call) (answer, error) {
	m, err := h.Members.Member(c.ctx(), c.place(), c.params.integer("user_id"))
	if err != nil {
		return answer{}, err
	}
	shown, err := h.member(c, m)
	return answer{http.StatusOK, shown}, err
}

// showInherited shows the role that counts, wherever it comes from.
func (h *Handler) showInherited(c *call) (answer, error) {
	u, err := h.Users.User(c.ctx(), c.params.integer("user_id"))
	if err != nil {
		return answer{}, err
	}
	found, err := h.Members.Members(c.ctx(), tenant.MemberQuery{
		Place: c.place(), Inherited: true, Search: u.Username, Page: tenant.Page{Limit: maxPageSize},
	})
	if err != nil {
		return answer{}, err
	}
	for _, m := range found {
		if m.UserID == u.ID {
			shown, err := h.member(c, m)
			return answer{http.StatusOK, shown}, err
		}
	}
	return answer{}, noRecord()
}

func (h *Handler) addMember(c *call) (answer, error) {
	u, err := h.newMember(c)
	if err != nil {
		return answer{}, err
	}
	by, err := h.granter(c)
	if err != nil {
		return answer{}, err
	}
	m, err := h.Members.AddMember(c.ctx(), by, tenant.NewMember{
		Place: c.place(), UserID: u.ID, Role: c.role(), ExpiresAt: valueOf[time.Time](c.params, "expires_at"),
	})
	if apperr.CodeOf(err) == apperr.AlreadyExists {
		return answer{}, said(http.StatusConflict, "Member already exists")
	}
	if err != nil {
		return answer{}, memberFailure(err)
	}
	shown, err := h.member(c, m)
	return answer{http.StatusCreated, shown}, err
}

// newMember finds who shall be a member, by id or by name.
func (h *Handler) newMember(c *call) (u auth.User, err error) {
	id, name := c.params.integer("user_id"), c.params.text("username")
	switch {
	case id == 0 && name == "":
		return u, refused(http.StatusBadRequest, "user_id, username are missing, at least one parameter must be provided")
	case id != 0:
		u, err = h.Users.User(c.ctx(), id)
	default:
		u, err = h.Users.UserByName(c.ctx(), name)
	}
	if apperr.CodeOf(err) == apperr.NotFound {
		return u, missing("User")
	}
	return u, err
}

// granter is the caller, who gives no more than he has.
func (h *Handler) granter(c *call) (tenant.Granter, error) {
	role, err := h.Access.Role(c.ctx(), c.who, c.where.auth())
	return tenant.Granter{UserID: c.who.UserID, Role: role, Admin: c.who.Admin}, err
}

func (c *call) role() tenant.Role { return tenant.Role(c.params.integer("access_level")) }

// memberFailure names what can be wrong with a membership: its role.
func memberFailure(err error) error {
	if apperr.CodeOf(err) == apperr.ValidationFailed {
		return invalid("access_level", "is not included in the list")
	}
	return err
}

func (h *Handler) editMember(c *call) (answer, error) {
	by, err := h.granter(c)
	if err != nil {
		return answer{}, err
	}
	m, err := h.Members.UpdateMember(c.ctx(), by, c.place(), c.params.integer("user_id"),
		tenant.MemberChange{Role: new(c.role()), ExpiresAt: sent[time.Time](c.params, "expires_at")})
	if err != nil {
		return answer{}, memberFailure(err)
	}
	shown, err := h.member(c, m)
	return answer{http.StatusOK, shown}, err
}

func (h *Handler) removeMember(c *call) (answer, error) {
	by, err := h.granter(c)
	if err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusNoContent}, h.Members.RemoveMember(c.ctx(), by, c.place(), c.params.integer("user_id"))
}

func (h *Handler) member(c *call, m tenant.ListedMember) (memberEntity, error) {
	by, err := h.creator(c, m.CreatedBy)
	u := auth.User{ID: m.UserID, Username: m.Username, Name: m.Name, State: auth.UserState(m.State)}
	return memberEntity{
		userEntity: c.user(u), AccessLevel: m.Role, CreatedAt: moment(m.CreatedAt), CreatedBy: by, ExpiresAt: day(m.ExpiresAt),
		MembershipState: "active",
	}, err
}
