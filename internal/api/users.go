package api

import (
	"context"
	"net/http"
	"time"

	"github.com/roadstead/roadstead/internal/auth"
)

// Users is what the API needs of users, their tokens and sessions.
type Users interface {
	FindUser(ctx context.Context, idOrName string) (auth.User, error)
	Users(ctx context.Context, q auth.UserQuery) ([]auth.User, error)
	CreateUser(ctx context.Context, n auth.NewUser) (auth.User, error)
	BlockUser(ctx context.Context, id int64) (auth.User, error)
	UnblockUser(ctx context.Context, id int64) (auth.User, error)
	SetAdmin(ctx context.Context, id int64, admin bool) (auth.User, error)

	Tokens
	Sessions
	Links
}

// User is somebody who calls. What only administrators and the user himself get to know is absent for others.
type User struct {
	ID         int64          `json:"id"`
	Username   string         `json:"username"`
	Name       string         `json:"name"`
	Kind       auth.Kind      `json:"kind" enum:"person,bot,service"`
	Email      string         `json:"email,omitempty"`
	Admin      bool           `json:"admin,omitempty" doc:"An administrator of the instance"`
	State      auth.UserState `json:"state,omitempty" enum:"active,blocked"`
	CreatedAt  time.Time      `json:"created_at,omitzero"`
	SignedInAt time.Time      `json:"signed_in_at,omitzero" doc:"The last sign-in; absent: never"`
}

func viewUser(u auth.User) User {
	return User{
		ID: u.ID, Username: u.Username, Name: u.Name, Kind: u.Kind, Email: u.Email, Admin: u.Admin, State: u.State,
		CreatedAt: u.CreatedAt, SignedInAt: u.SignedInAt,
	}
}

// viewUserFor is what the caller gets to know of a user.
func viewUserFor(who auth.Identity) func(auth.User) User {
	return func(u auth.User) User {
		if who.Admin || who.UserID == u.ID {
			return viewUser(u)
		}
		return User{ID: u.ID, Username: u.Username, Name: u.Name, Kind: u.Kind}
	}
}

// Me is the caller, and what he called with.
type Me struct {
	User

	TokenID int64        `json:"token_id,omitempty" doc:"Absent for the token of the server's configuration"`
	Scopes  []auth.Scope `json:"scopes" enum:"api,read_api"`
}

// NewUser is what an administrator says of a new user.
type NewUser struct {
	Username string    `json:"username" maxLength:"255"`
	Name     string    `json:"name,omitempty" maxLength:"255"`
	Email    string    `json:"email,omitempty" maxLength:"255"`
	Kind     auth.Kind `json:"kind,omitempty" enum:"person,service" default:"person"`
}

// EditUser is what changes of a user. What is absent stays.
type EditUser struct {
	State auth.UserState `json:"state,omitempty" enum:"active,blocked" doc:"Blocking ends the user's tokens and sessions for good"`
	Admin *bool          `json:"admin,omitempty"`
}

type listUsersInput struct {
	PageInput
	Search string         `query:"search" maxLength:"255" doc:"The beginning of a username or name; for administrators also of an e-mail"`
	Kind   auth.Kind      `query:"kind" enum:"person,bot,service" default:"person"`
	State  auth.UserState `query:"state" enum:"active,blocked" doc:"For administrators; others see active users"`
	Admins bool           `query:"admins" doc:"For administrators: only administrators"`
}

// UserInput names a user.
type UserInput struct {
	User string `path:"user" doc:"An id or a username"`
}

type createUserInput struct {
	Body NewUser
}

type editUserInput struct {
	UserInput
	Body EditUser
}

func (h *Handler) mountUsers(r router) {
	route(r, "GET /user", "show-me", "Show who calls", signedIn(), h.showMe)
	route(r, "GET /users", "list-users", "List users", h.needsInstance(auth.ReadUsers), h.listUsers)
	route(r, "GET /users/{user}", "show-user", "Show a user", h.needsInstance(auth.ReadUsers), h.showUser)
	route(r, "POST /users", "create-user", "Make a person or a service user",
		h.needsInstance(auth.ManageUsers), h.createUser, answers(http.StatusCreated))
	route(r, "PATCH /users/{user}", "edit-user", "Block or unblock a user, or make an administrator",
		h.needsInstance(auth.ManageUsers), h.editUser)
	h.mountLinks(r)
}

func (h *Handler) showMe(ctx context.Context, _ *struct{}) (*body[Me], error) {
	who, _ := auth.FromContext(ctx)
	user, err := h.Users.FindUser(ctx, itoa(who.UserID))
	return &body[Me]{Me{User: viewUser(user), TokenID: who.TokenID, Scopes: who.Scopes}}, err
}

func (h *Handler) listUsers(ctx context.Context, in *listUsersInput) (*pageOutput[User], error) {
	who, _ := auth.FromContext(ctx)
	query := auth.UserQuery{
		Kind: in.Kind, Search: in.Search, State: in.State, Admins: in.Admins, After: in.After, Limit: in.Limit + 1,
	}
	if !who.Admin {
		query.State, query.Admins = auth.Active, false
	}
	users, err := h.Users.Users(ctx, query)
	if err != nil {
		return nil, err
	}
	return newPage(in.PageInput, users, func(u auth.User) int64 { return u.ID }, viewUserFor(who)), nil
}

func (h *Handler) showUser(ctx context.Context, in *UserInput) (*body[User], error) {
	who, _ := auth.FromContext(ctx)
	user, err := h.Users.FindUser(ctx, in.User)
	return &body[User]{viewUserFor(who)(user)}, err
}

func (h *Handler) createUser(ctx context.Context, in *createUserInput) (*body[User], error) {
	user, err := h.Users.CreateUser(ctx, auth.NewUser{
		Profile: auth.Profile{Username: in.Body.Username, Name: in.Body.Name, Email: in.Body.Email}, Kind: in.Body.Kind,
	})
	return &body[User]{viewUser(user)}, err
}

func (h *Handler) editUser(ctx context.Context, in *editUserInput) (*body[User], error) {
	user, err := h.Users.FindUser(ctx, in.User)
	if err != nil {
		return nil, err
	}
	if in.Body.Admin != nil {
		if user, err = h.Users.SetAdmin(ctx, user.ID, *in.Body.Admin); err != nil {
			return nil, err
		}
	}
	switch in.Body.State {
	case auth.Active:
		user, err = h.Users.UnblockUser(ctx, user.ID)
	case auth.Blocked:
		user, err = h.Users.BlockUser(ctx, user.ID)
	}
	return &body[User]{viewUser(user)}, err
}
