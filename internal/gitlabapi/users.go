package gitlabapi

import (
	"context"
	"net/http"
	"strings"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/auth"
)

// Users is what this API needs of users.
type Users interface {
	User(ctx context.Context, id int64) (auth.User, error)
	UserByName(ctx context.Context, username string) (auth.User, error)
	Users(ctx context.Context, q auth.UserQuery) ([]auth.User, error)
}

// ownEntity is a user as he sees himself, and as administrators see him.
type ownEntity struct {
	userEntity

	CreatedAt       moment   `json:"created_at"`
	Bio             string   `json:"bio"`
	Location        string   `json:"location"`
	PublicEmail     *string  `json:"public_email"`
	Bot             bool     `json:"bot"`
	LastSignInAt    *moment  `json:"last_sign_in_at"`
	CurrentSignInAt *moment  `json:"current_sign_in_at"`
	ConfirmedAt     moment   `json:"confirmed_at"`
	LastActivityOn  *string  `json:"last_activity_on"`
	Email           string   `json:"email"`
	ProjectsLimit   int      `json:"projects_limit"`
	Identities      []string `json:"identities"`
	CanCreateGroup  bool     `json:"can_create_group"`
	CanCreateProj   bool     `json:"can_create_project"`
	TwoFactor       bool     `json:"two_factor_enabled"`
	External        bool     `json:"external"`
	PrivateProfile  bool     `json:"private_profile"`
	NamespaceID     *int64   `json:"namespace_id"`
	IsAdmin         bool     `json:"is_admin"`
}

func userRoutes() []Route {
	return []Route{
		{Method: http.MethodGet, Pattern: "/user", Level: Self, handle: (*Handler).showSelf},
		{
			Method: http.MethodGet, Pattern: "/users", Level: Instance, Ability: auth.ReadUsers,
			params: paged(param{name: "username"}, param{name: "search"}, param{name: "id_after", kind: integer}),
			handle: (*Handler).listUsers,
		},
		{
			Method: http.MethodGet, Pattern: "/users/:user_id", Level: Instance, Ability: auth.ReadUsers,
			params: []param{{name: "user_id", kind: integer, required: true}}, handle: (*Handler).showUser,
		},
	}
}

func (h *Handler) showSelf(c *call) (answer, error) {
	u, err := h.Users.User(c.ctx(), c.who.UserID)
	return answer{http.StatusOK, c.own(u)}, err
}

func (h *Handler) showUser(c *call) (answer, error) {
	u, err := h.Users.User(c.ctx(), c.params.integer("user_id"))
	if apperr.CodeOf(err) == apperr.NotFound {
		return answer{}, missing("User")
	}
	if err != nil {
		return answer{}, err
	}
	shown, err := h.seen(c, u)
	return answer{http.StatusOK, shown}, err
}

func (h *Handler) listUsers(c *call) (answer, error) {
	if c.params.has("username") {
		return h.listNamed(c)
	}
	q := auth.UserQuery{Search: c.params.text("search")}
	if !c.who.Admin {
		q.State = auth.Active
	}
	id := func(u auth.User) int64 { return u.ID }
	found, n, err := walk(c.page(), c.params.integer("id_after"), id, func(after int64, limit int) ([]auth.User, error) {
		q.After, q.Limit = after, limit
		return h.Users.Users(c.ctx(), q)
	})
	if err != nil {
		return answer{}, err
	}
	return listed(c, found, n, h.seen)
}

// listNamed is the list of the one user of a name, or of none.
func (h *Handler) listNamed(c *call) (answer, error) {
	u, err := h.Users.UserByName(c.ctx(), strings.ToLower(c.params.text("username")))
	found := []auth.User{u}
	if apperr.CodeOf(err) == apperr.NotFound {
		found, err = nil, nil
	}
	if err != nil {
		return answer{}, err
	}
	return listed(c, found, count{total: len(found)}, h.seen)
}

// seen is a user as the caller may see him: administrators see all of him.
func (h *Handler) seen(c *call, u auth.User) (any, error) {
	if c.who.Admin {
		return c.own(u), nil
	}
	return c.user(u), nil
}

func (c *call) own(u auth.User) ownEntity {
	return ownEntity{
		userEntity: c.user(u), CreatedAt: moment(u.CreatedAt), Bot: u.Kind != auth.Person,
		LastSignInAt: momentOrNull(u.SignedInAt), CurrentSignInAt: momentOrNull(u.SignedInAt), ConfirmedAt: moment(u.CreatedAt),
		LastActivityOn: day(u.SignedInAt), Email: u.Email, Identities: []string{},
		CanCreateGroup: u.Admin, CanCreateProj: true, IsAdmin: u.Admin,
	}
}

// creator is who made something; null when nobody did, or when he is gone.
func (h *Handler) creator(c *call, id int64) (*userEntity, error) {
	if id == 0 {
		return nil, nil //nolint:nilnil // null is the answer
	}
	u, ok := c.users[id]
	if !ok {
		var err error
		u, err = h.Users.User(c.ctx(), id)
		if apperr.CodeOf(err) == apperr.NotFound {
			return nil, nil //nolint:nilnil // as above
		}
		if err != nil {
			return nil, err
		}
		if c.users == nil {
			c.users = map[int64]auth.User{}
		}
		c.users[id] = u
	}
	return new(c.user(u)), nil
}
