package store

import (
	"context"
	"strings"
	"time"

	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/store/sqlgen"
	"github.com/roadstead/roadstead/internal/tenant"
)

// Token returns one access token.
func (s Auth) Token(ctx context.Context, id int64) (auth.Token, error) {
	row, err := s.db.reader().AccessToken(ctx, id)
	return token(row), doing(err, "read access token %d", id)
}

// TokenByHash finds the access token of a hash, and its user.
func (s Auth) TokenByHash(ctx context.Context, hash []byte) (auth.Token, auth.User, error) {
	row, err := s.db.reader().AccessTokenByHash(ctx, hash)
	return token(row.AccessToken), user(row.User), doing(err, "read an access token")
}

// Tokens lists in order of id those that count at liveAt, all when it is zero.
func (s Auth) Tokens(ctx context.Context, q auth.TokenQuery, liveAt time.Time) (list []auth.Token, err error) {
	var rows []sqlgen.AccessToken
	read, limit, live := s.db.reader(), int32(q.Limit), stamp(liveAt)
	switch {
	case q.GroupID != 0:
		rows, err = read.AccessTokensOfGroup(ctx, sqlgen.AccessTokensOfGroupParams{
			GroupID: optional(q.GroupID), ID: q.After, Limit: limit, LiveAt: live,
		})
	case q.ProjectID != 0:
		rows, err = read.AccessTokensOfProject(ctx, sqlgen.AccessTokensOfProjectParams{
			ProjectID: optional(q.ProjectID), ID: q.After, Limit: limit, LiveAt: live,
		})
	case q.UserID != 0:
		rows, err = read.AccessTokensOfUser(ctx, sqlgen.AccessTokensOfUserParams{
			UserID: q.UserID, ID: q.After, Limit: limit, LiveAt: live,
		})
	default:
		rows, err = read.AccessTokensOfServices(ctx, sqlgen.AccessTokensOfServicesParams{ID: q.After, Limit: limit, LiveAt: live})
	}
	return each(rows, token), doing(err, "list access tokens")
}

// FindToken returns one access token, as of now.
func (t authTx) FindToken(ctx context.Context, id int64) (auth.Token, error) {
	row, err := t.AccessToken(ctx, id)
	return token(row), doing(err, "read access token %d", id)
}

// InsertToken stores a new access token and returns it with its id.
func (t authTx) InsertToken(ctx context.Context, n auth.Token, hash []byte) (auth.Token, error) {
	row, err := t.InsertAccessToken(ctx, sqlgen.InsertAccessTokenParams{
		Hash: hash, Kind: string(n.Kind), UserID: n.UserID, GroupID: optional(n.GroupID), ProjectID: optional(n.ProjectID),
		Role: int64(n.Role), Name: n.Name, Scopes: scopeText(n.Scopes), CreatedBy: n.CreatedBy, ParentID: optional(n.ParentID),
		CreatedAt: stamp(n.CreatedAt), ExpiresAt: stamp(n.ExpiresAt),
	})
	return token(row), doing(err, "store an access token")
}

// RevokeToken ends a token, those made with it, and the sessions that they
// opened.
func (t authTx) RevokeToken(ctx context.Context, id int64, at time.Time) ([]auth.Token, error) {
	rows, err := t.RevokeAccessToken(ctx, sqlgen.RevokeAccessTokenParams{ID: id, RevokedAt: stamp(at)})
	if err != nil {
		return nil, doing(err, "revoke access token %d", id)
	}
	for _, row := range rows {
		if err := t.DeleteSessionsOfToken(ctx, optional(row.ID)); err != nil {
			return nil, doing(err, "delete the sessions of access token %d", row.ID)
		}
	}
	return each(rows, token), nil
}

// RevokeTokensOf ends all tokens of a user.
func (t authTx) RevokeTokensOf(ctx context.Context, userID int64, at time.Time) ([]auth.Token, error) {
	rows, err := t.RevokeAccessTokensOfUser(ctx, sqlgen.RevokeAccessTokensOfUserParams{UserID: userID, RevokedAt: stamp(at)})
	return each(rows, token), doing(err, "revoke the access tokens of user %d", userID)
}

// AdoptTokens makes the tokens made with one token those of another.
func (t authTx) AdoptTokens(ctx context.Context, from, to int64) error {
	return doing(t.AdoptAccessTokens(ctx, sqlgen.AdoptAccessTokensParams{FromID: from, ToID: to}),
		"hand over the tokens made with access token %d", from)
}

// TouchToken records when a token was used.
func (t authTx) TouchToken(ctx context.Context, id int64, at time.Time) error {
	return doing(t.TouchAccessToken(ctx, sqlgen.TouchAccessTokenParams{ID: id, LastUsedAt: stamp(at)}), "touch access token %d", id)
}

func scopeText(scopes []auth.Scope) string {
	words := each(scopes, func(s auth.Scope) string { return string(s) })
	return strings.Join(words, " ")
}

func token(r sqlgen.AccessToken) auth.Token {
	return auth.Token{
		ID: r.ID, Kind: auth.TokenKind(r.Kind), UserID: r.UserID, GroupID: r.GroupID.Int64, ProjectID: r.ProjectID.Int64,
		Role: tenant.Role(r.Role), Name: r.Name,
		Scopes:    each(strings.Fields(r.Scopes), func(s string) auth.Scope { return auth.Scope(s) }),
		CreatedBy: r.CreatedBy, ParentID: r.ParentID.Int64, CreatedAt: moment(r.CreatedAt), ExpiresAt: moment(r.ExpiresAt),
		LastUsedAt: moment(r.LastUsedAt), RevokedAt: moment(r.RevokedAt),
	}
}
