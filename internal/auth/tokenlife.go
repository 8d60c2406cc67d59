package auth

import (
	"context"
	"fmt"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
)

// Token finds a token that the caller in ctx owns or manages.
func (s *Service) Token(ctx context.Context, id int64) (Token, error) {
	token, _, err := s.managed(ctx, id, ReadTokens)
	return token, err
}

// Tokens lists tokens in order of id, which the caller in ctx owns or manages.
func (s *Service) Tokens(ctx context.Context, q TokenQuery) ([]Token, error) {
	who, err := Caller(ctx)
	if err != nil {
		return nil, err
	}
	switch where := (Subject{GroupID: q.GroupID, ProjectID: q.ProjectID}); {
	case where != Instance():
		err = s.Access.Check(ctx, who, ReadTokens, where)
	case q.UserID == 0:
		err = s.Access.Check(ctx, who, ManageServiceTokens, where)
	case q.UserID != who.UserID:
		err = s.Access.Check(ctx, who, ManageUsers, where)
	}
	if err != nil {
		return nil, err
	}
	var liveAt time.Time
	if q.Live {
		liveAt = s.Now()
	}
	q.Limit = page(q.Limit)
	return s.Store.Tokens(ctx, q, liveAt)
}

// RevokeToken ends a token that the caller in ctx owns or manages, with those
// that it made. One that has ended already is fine.
func (s *Service) RevokeToken(ctx context.Context, id int64) error {
	token, _, err := s.managed(ctx, id, ManageTokens)
	if err != nil {
		return err
	}
	return s.revoke(ctx, token)
}

// RevokeLeaked ends the token that somebody found where it should not be. To
// know it is all it takes. The error is not_found for one that is none of ours,
// and a conflict for that of the configuration.
func (s *Service) RevokeLeaked(ctx context.Context, secret string) error {
	if s.isConfigured(secret) {
		return apperr.Of(apperr.Conflict).WithMessage("This is the token of the server's configuration.").
			WithHint("Put another one there and restart every server.")
	}
	if _, err := ParseSecret(secret); err != nil {
		return apperr.Of(apperr.NotFound)
	}
	token, user, err := s.Store.TokenByHash(ctx, hashOf(secret))
	if err != nil {
		return err
	}
	ctx = WithIdentity(ctx, Identity{UserID: user.ID, Name: user.Username, Kind: user.Kind, TokenID: token.ID, Scopes: token.Scopes})
	return s.revoke(ctx, token)
}

// revoke locks the token's user first. Those that a token makes, and the
// sessions that it opens, are the same user's: they are made before, and end
// here, or not at all.
func (s *Service) revoke(ctx context.Context, token Token) error {
	err := s.Store.Atomically(ctx, func(tx Tx) error {
		if _, err := tx.FindUser(ctx, token.UserID); err != nil {
			return err
		}
		ended, err := tx.RevokeToken(ctx, token.ID, s.Now())
		if err != nil {
			return err
		}
		for _, t := range ended {
			if err := tx.Record(ctx, tokenEntry("token.revoke", t)); err != nil {
				return err
			}
			if err := dismissBot(ctx, tx, t); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("revoke access token %d: %w", token.ID, err)
	}
	return nil
}

// RotateToken gives a token that the caller in ctx owns or manages a new secret,
// and the one before no longer counts. expires is when the new one ends, zero
// for what the settings say. Nobody gets the secret of another person's token, nor one that
// may more than he.
func (s *Service) RotateToken(ctx context.Context, id int64, expires time.Time) (secret string, fresh Token, err error) {
	old, who, err := s.managed(ctx, id, ManageTokens)
	if err != nil {
		return "", Token{}, err
	}
	if err := s.mayHold(ctx, who, old); err != nil {
		return "", Token{}, err
	}
	fresh = old
	fresh.CreatedBy, fresh.CreatedAt, fresh.ExpiresAt, fresh.LastUsedAt = who.UserID, s.Now(), expires, time.Time{}
	if err := s.limit(ctx, &fresh); err != nil {
		return "", Token{}, err
	}
	secret = NewSecret(old.Kind)
	if fresh, err = s.replace(ctx, old, fresh, secret); err != nil {
		return "", Token{}, fmt.Errorf("rotate access token %d: %w", id, err)
	}
	return secret, fresh, nil
}

// replace puts a token in the place of another one: what that one had made is
// its own now. Two rotations at once cannot both succeed, nor one beside the end
// of the token that made it: each locks the user.
func (s *Service) replace(ctx context.Context, old, fresh Token, secret string) (Token, error) {
	err := s.Store.Atomically(ctx, func(tx Tx) (err error) {
		if _, err := tx.FindUser(ctx, old.UserID); err != nil {
			return err
		}
		if fresh, err = tx.InsertToken(ctx, fresh, hashOf(secret)); err != nil {
			return err
		}
		if err := keepBot(ctx, tx, fresh); err != nil {
			return err
		}
		if err := tx.AdoptTokens(ctx, old.ID, fresh.ID); err != nil {
			return err
		}
		ended, err := tx.RevokeToken(ctx, old.ID, s.Now())
		if err != nil {
			return err
		}
		if len(ended) == 0 || !old.Live(s.Now()) {
			return apperr.Of(apperr.Conflict).WithMessage("This access token has ended.").WithHint("Make a new one.")
		}
		return tx.Record(ctx, tokenEntry("token.rotate", fresh))
	})
	return fresh, err
}

// mayHold reports whether the caller may get to know a token's secret.
func (s *Service) mayHold(ctx context.Context, who Identity, token Token) error {
	if err := mayGive(who, token.Scopes); err != nil || who.UserID == token.UserID {
		return err
	}
	if token.Kind == Personal {
		return apperr.Of(apperr.Forbidden).WithHint("Only its owner can rotate a personal access token. You can revoke it.")
	}
	// Its role may have been raised since it was made.
	role, err := s.Access.Role(ctx, Identity{UserID: token.UserID}, token.Where())
	if err != nil {
		return fmt.Errorf("find the role of user %d: %w", token.UserID, err)
	}
	return s.mayReach(ctx, who, token.Where(), max(role, token.Role))
}

// managed finds a token that the caller in ctx owns or manages. Others do not
// get to know that it is there.
func (s *Service) managed(ctx context.Context, id int64, ability Ability) (Token, Identity, error) {
	who, err := Caller(ctx)
	if err != nil {
		return Token{}, Identity{}, err
	}
	token, err := s.Store.Token(ctx, id)
	if err != nil {
		return Token{}, Identity{}, err
	}
	if who.UserID == token.UserID {
		return token, who, nil
	}
	switch token.Kind {
	case Personal:
		err = s.Access.Check(ctx, who, ManageUsers, Instance())
	case ServiceToken:
		err = s.Access.Check(ctx, who, ManageServiceTokens, Instance())
	case GroupToken, ProjectToken:
		return token, who, s.Access.Check(ctx, who, ability, token.Where())
	}
	if apperr.CodeOf(err) == apperr.Forbidden {
		err = apperr.Of(apperr.NotFound)
	}
	return token, who, err
}
