package api

import (
	"context"
	"net/http"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/audit"
	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/tenant"
)

// Tokens is what the API needs of access tokens. Who calls is in ctx: it shows and changes only what he owns or manages.
type Tokens interface {
	Token(ctx context.Context, id int64) (auth.Token, error)
	Tokens(ctx context.Context, q auth.TokenQuery) ([]auth.Token, error)
	CreateToken(ctx context.Context, r auth.TokenRequest) (secret string, t auth.Token, err error)
	RotateToken(ctx context.Context, id int64, expires time.Time) (secret string, t auth.Token, err error)
	RevokeToken(ctx context.Context, id int64) error
	RevokeLeaked(ctx context.Context, secret string) error
}

// Token is an access token. Its secret is shown once, by what made it.
type Token struct {
	ID         int64          `json:"id"`
	Kind       auth.TokenKind `json:"kind" enum:"personal,group,project,service"`
	Name       string         `json:"name"`
	Scopes     []auth.Scope   `json:"scopes" enum:"api,read_api"`
	UserID     int64          `json:"user_id" doc:"Whom it acts as"`
	GroupID    int64          `json:"group_id,omitempty"`
	ProjectID  int64          `json:"project_id,omitempty"`
	Role       string         `json:"role,omitempty" enum:"guest,reporter,developer,maintainer,owner" doc:"In the group or project"`
	CreatedBy  int64          `json:"created_by"`
	CreatedAt  time.Time      `json:"created_at"`
	ExpiresAt  time.Time      `json:"expires_at"`
	LastUsedAt time.Time      `json:"last_used_at,omitzero" doc:"Exact to a minute; absent: never"`
	RevokedAt  time.Time      `json:"revoked_at,omitzero"`
}

func viewToken(t auth.Token) Token {
	shown := Token{
		ID: t.ID, Kind: t.Kind, Name: t.Name, Scopes: t.Scopes, UserID: t.UserID, GroupID: t.GroupID, ProjectID: t.ProjectID,
		CreatedBy: t.CreatedBy, CreatedAt: t.CreatedAt, ExpiresAt: t.ExpiresAt, LastUsedAt: t.LastUsedAt, RevokedAt: t.RevokedAt,
	}
	if t.Role != tenant.NoRole {
		shown.Role = t.Role.String()
	}
	return shown
}

// FreshToken is a token that was made just now.
type FreshToken struct {
	Token

	Secret string `json:"token" doc:"Shown this once"`
}

// NewToken asks for a token: one's own, or that of a group, a project or a service user.
type NewToken struct {
	Name      string       `json:"name" maxLength:"255"`
	Scopes    []auth.Scope `json:"scopes" minItems:"1" enum:"api,read_api" doc:"read_api only reads"`
	ExpiresAt time.Time    `json:"expires_at,omitzero" doc:"No further ahead than the settings allow; what they say if absent"`
	Group     string       `json:"group,omitempty" doc:"Id or full path, for a token of a group"`
	Project   string       `json:"project,omitempty" doc:"Id or full path, for a token of a project"`
	User      string       `json:"user,omitempty" doc:"Id or username of a service user, or of another person whom an administrator lets in"`
	Role      string       `json:"role,omitempty" enum:"guest,reporter,developer,maintainer,owner" doc:"There; maintainer if absent"`
}

// RotateToken asks for a new secret.
type RotateToken struct {
	ExpiresAt time.Time `json:"expires_at,omitzero" doc:"No further ahead than the settings allow; what they say if absent"`
}

// LeakedToken is a token that somebody found.
type LeakedToken struct {
	Token string `json:"token" maxLength:"255"`
}

// TokenPlace says whose tokens are meant: one's own if nothing is given.
type TokenPlace struct {
	Group   string `query:"group" doc:"Id or full path: those of a group"`
	Project string `query:"project" doc:"Id or full path: those of a project"`
	User    string `query:"user" doc:"Id or username: those of a user"`
	Service bool   `query:"service" doc:"Those of all service users"`
}

type listTokensInput struct {
	PageInput
	TokenPlace
	All bool `query:"all" doc:"With those that expired or were revoked, which are listed for 30 days"`
}

type createTokenInput struct {
	Body NewToken
}

// TokenInput names a token.
type TokenInput struct {
	Token int64 `path:"token"`
}

type rotateTokenInput struct {
	TokenInput
	Body *RotateToken
}

type leakedTokenInput struct {
	Body LeakedToken
}

func (h *Handler) mountTokens(r router) {
	route(r, "GET /tokens", "list-tokens", "List access tokens: one's own, or those of a group, project or user",
		decided("everybody for his own; whoever has read_tokens in the group or project; administrators", h.mayListTokens), h.listTokens)
	route(r, "POST /tokens", "create-token", "Make an access token",
		decided("everybody for himself; whoever has manage_tokens in the group or project; administrators", h.mayCreateToken),
		h.createToken, answers(http.StatusCreated), holdsSecret())
	route(r, "POST /tokens/revoke-leaked", "revoke-leaked-token", "Revoke a token that was found where it should not be",
		public(), h.revokeLeaked, answers(http.StatusNoContent))
	route(r, "GET /tokens/{token}", "show-token", "Show an access token", h.mayToken(auth.ReadTokens), h.showToken)
	route(r, "POST /tokens/{token}/rotate", "rotate-token", "Give an access token a new secret; the old one ends",
		h.mayToken(auth.ManageTokens), h.rotateToken, holdsSecret())
	route(r, "DELETE /tokens/{token}", "revoke-token", "Revoke an access token, and those that it made",
		h.mayToken(auth.ManageTokens), h.revokeToken)
}

// mayToken lets the owner of a token in, and who manages it.
func (h *Handler) mayToken(what auth.Ability) permission {
	return permission{
		who: "the owner of the token, and whoever has " + string(what) + " where it is of",
		path: func(ctx context.Context, param func(string) string) (context.Context, error) {
			token, err := h.Users.Token(ctx, idOf(param("token")))
			if err != nil {
				return ctx, err
			}
			if token.Where() != auth.Instance() && token.UserID != callerID(ctx) {
				err = h.check(ctx, what, token.Where())
			}
			return keep(ctx, token), err
		},
	}
}

func callerID(ctx context.Context) int64 {
	who, _ := auth.FromContext(ctx)
	return who.UserID
}

// tokenQuery resolves whose tokens are asked for.
func (h *Handler) tokenQuery(ctx context.Context, in *listTokensInput) (q auth.TokenQuery, err error) {
	q = auth.TokenQuery{Live: !in.All, After: in.After, Limit: in.Limit + 1}
	switch {
	case in.Group != "":
		group, err := h.Tenants.Group(ctx, in.Group)
		q.GroupID = group.ID
		return q, err
	case in.Project != "":
		project, err := h.Tenants.Project(ctx, in.Project)
		q.ProjectID = project.ID
		return q, err
	case in.User != "":
		user, err := h.Users.FindUser(ctx, in.User)
		q.UserID = user.ID
		return q, err
	case !in.Service:
		q.UserID = callerID(ctx)
	}
	return q, nil
}

func (h *Handler) mayListTokens(ctx context.Context, in *listTokensInput) error {
	q, err := h.tokenQuery(ctx, in)
	switch on := (auth.Subject{GroupID: q.GroupID, ProjectID: q.ProjectID}); {
	case err != nil:
		return err
	case on != auth.Instance():
		return h.check(ctx, auth.ReadTokens, on)
	case q.UserID == callerID(ctx):
		return nil
	case q.UserID == 0:
		return h.check(ctx, auth.ManageServiceTokens, on)
	}
	return h.check(ctx, auth.ManageUsers, auth.Instance())
}

func (h *Handler) listTokens(ctx context.Context, in *listTokensInput) (*pageOutput[Token], error) {
	query, err := h.tokenQuery(ctx, in)
	if err != nil {
		return nil, err
	}
	tokens, err := h.Users.Tokens(ctx, query)
	if err != nil {
		return nil, err
	}
	return newPage(in.PageInput, tokens, func(t auth.Token) int64 { return t.ID }, viewToken), nil
}

// tokenRequest resolves whose token is asked for.
func (h *Handler) tokenRequest(ctx context.Context, n NewToken) (r auth.TokenRequest, err error) {
	r = auth.TokenRequest{Kind: auth.Personal, Name: n.Name, Scopes: n.Scopes, ExpiresAt: n.ExpiresAt}
	if n.Role != "" {
		if r.Role, err = tenant.ParseRole(n.Role); err != nil {
			return r, err
		}
	}
	switch {
	case n.Group != "":
		group, err := h.Tenants.Group(ctx, n.Group)
		r.Kind, r.GroupID = auth.GroupToken, group.ID
		return r, err
	case n.Project != "":
		project, err := h.Tenants.Project(ctx, n.Project)
		r.Kind, r.ProjectID = auth.ProjectToken, project.ID
		return r, err
	case n.User != "":
		user, err := h.Users.FindUser(ctx, n.User)
		if user.Kind != auth.Person {
			r.Kind = auth.ServiceToken
		}
		r.UserID = user.ID
		return r, err
	}
	return r, nil
}

func (h *Handler) mayCreateToken(ctx context.Context, in *createTokenInput) error {
	r, err := h.tokenRequest(ctx, in.Body)
	switch {
	case err != nil:
		return err
	case r.Kind == auth.ServiceToken:
		return h.check(ctx, auth.ManageServiceTokens, auth.Instance())
	case r.Kind == auth.Personal && (r.UserID == 0 || r.UserID == callerID(ctx)):
		return nil
	case r.Kind == auth.Personal:
		return h.check(ctx, auth.ManageUsers, auth.Instance())
	}
	return h.check(ctx, auth.ManageTokens, auth.Subject{GroupID: r.GroupID, ProjectID: r.ProjectID})
}

func (h *Handler) createToken(ctx context.Context, in *createTokenInput) (*body[FreshToken], error) {
	request, err := h.tokenRequest(ctx, in.Body)
	if err != nil {
		return nil, err
	}
	secret, token, err := h.Users.CreateToken(ctx, request)
	return &body[FreshToken]{FreshToken{viewToken(token), secret}}, err
}

func (h *Handler) showToken(ctx context.Context, _ *TokenInput) (*body[Token], error) {
	return &body[Token]{viewToken(found[auth.Token](ctx))}, nil
}

func (h *Handler) rotateToken(ctx context.Context, in *rotateTokenInput) (*body[FreshToken], error) {
	var expires time.Time
	if in.Body != nil {
		expires = in.Body.ExpiresAt
	}
	secret, token, err := h.Users.RotateToken(ctx, in.Token, expires)
	return &body[FreshToken]{FreshToken{viewToken(token), secret}}, err
}

func (h *Handler) revokeToken(ctx context.Context, in *TokenInput) (*struct{}, error) {
	return nil, h.Users.RevokeToken(ctx, in.Token)
}

// revokeLeaked says nothing of whether there was such a token.
func (h *Handler) revokeLeaked(ctx context.Context, in *leakedTokenInput) (*struct{}, error) {
	if err := h.Limits.Allow(ctx, auth.Reports, auth.AddressKey(audit.ActorFrom(ctx).IP)); err != nil {
		return nil, err
	}
	err := h.Users.RevokeLeaked(ctx, in.Body.Token)
	if apperr.CodeOf(err) == apperr.NotFound {
		err = nil
	}
	return nil, err
}
