package gitlabapi

import (
	"context"
	"net/http"

	"github.com/roadstead/roadstead/internal/auth"
)

// Tokens is what this API needs of access tokens.
type Tokens interface {
	Token(ctx context.Context, id int64) (auth.Token, error)
	Tokens(ctx context.Context, q auth.TokenQuery) ([]auth.Token, error)
	RevokeToken(ctx context.Context, id int64) error
}

// tokenEntity is an access token without its secret.
type tokenEntity struct {
	ID          int64        `json:"id"`
	Name        string       `json:"name"`
	Revoked     bool         `json:"revoked"`
	CreatedAt   moment       `json:"created_at"`
	Description *string      `json:"description"`
	Scopes      []auth.Scope `json:"scopes"`
	UserID      int64        `json:"user_id"`
	LastUsedAt  *moment      `json:"last_used_at"`
	Active      bool         `json:"active"`
	ExpiresAt   *string      `json:"expires_at"`
}

func tokenRoutes() []Route {
	const all, self, one = "/personal_access_tokens", "/personal_access_tokens/self", "/personal_access_tokens/:token_id"
	named := []param{{name: "token_id", kind: integer, required: true}}
	return []Route{
		{Method: http.MethodGet, Pattern: all, Level: Self, params: paged(), handle: (*Handler).listTokens},
		{Method: http.MethodGet, Pattern: self, Level: Self, handle: (*Handler).showToken},
		{Method: http.MethodDelete, Pattern: self, Level: Self, handle: (*Handler).revokeToken},
		{Method: http.MethodGet, Pattern: one, Level: Self, params: named, handle: (*Handler).showToken},
		{Method: http.MethodDelete, Pattern: one, Level: Self, params: named, handle: (*Handler).revokeToken},
	}
}

func (h *Handler) listTokens(c *call) (answer, error) {
	id := func(t auth.Token) int64 { return t.ID }
	found, n, err := walk(c.page(), 0, id, func(after int64, limit int) ([]auth.Token, error) {
		return h.Tokens.Tokens(c.ctx(), auth.TokenQuery{UserID: c.who.UserID, After: after, Limit: limit})
	})
	if err != nil {
		return answer{}, err
	}
	return listed(c, found, n, func(_ *call, t auth.Token) (tokenEntity, error) { return h.token(t), nil })
}

func (h *Handler) showToken(c *call) (answer, error) {
	t, err := h.ownToken(c)
	return answer{http.StatusOK, h.token(t)}, err
}

func (h *Handler) revokeToken(c *call) (answer, error) {
	t, err := h.ownToken(c)
	if err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusNoContent}, h.Tokens.RevokeToken(c.ctx(), t.ID)
}

// ownToken finds the token of the path, which is the one in use when none is named, among the caller's own. The token of
// the configuration is no record, so it is not found.
func (h *Handler) ownToken(c *call) (auth.Token, error) {
	id := c.who.TokenID
	if c.params.has("token_id") {
		id = c.params.integer("token_id")
	}
	t, err := h.Tokens.Token(c.ctx(), id)
	if err == nil && t.UserID != c.who.UserID {
		return auth.Token{}, noRecord()
	}
	return t, err
}

func (h *Handler) token(t auth.Token) tokenEntity {
	return tokenEntity{
		ID: t.ID, Name: t.Name, Revoked: !t.RevokedAt.IsZero(), CreatedAt: moment(t.CreatedAt), Scopes: t.Scopes, UserID: t.UserID,
		LastUsedAt: momentOrNull(t.LastUsedAt), Active: t.Live(h.Now()), ExpiresAt: day(t.ExpiresAt),
	}
}
