package auth

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/audit"
	"github.com/roadstead/roadstead/internal/tenant"
)

// CreateToken makes an access token and returns its secret, which is kept
// nowhere: it is shown once. The caller in ctx makes his own, or those of a
// group, project or service that he manages; never one that may more than he. An
// administrator makes those of other people: who cannot sign in otherwise gets in
// by it.
func (s *Service) CreateToken(ctx context.Context, r TokenRequest) (secret string, token Token, err error) {
	who, err := Caller(ctx)
	if err != nil {
		return "", Token{}, err
	}
	if token, err = s.draft(ctx, who, r); err != nil {
		return "", Token{}, err
	}
	secret = NewSecret(token.Kind)
	err = s.Store.Atomically(ctx, func(tx Tx) (err error) {
		if err := letIn(ctx, tx, token); err != nil {
			return err
		}
		if err := s.alive(ctx, tx, token.ParentID); err != nil {
			return err
		}
		if token.hasBot() {
			if token.UserID, err = addBot(ctx, tx, token); err != nil {
				return err
			}
		}
		if token, err = tx.InsertToken(ctx, token, hashOf(secret)); err != nil {
			return err
		}
		return tx.Record(ctx, tokenEntry("token.create", token))
	})
	if err != nil {
		return "", Token{}, fmt.Errorf("create an access token: %w", err)
	}
	return secret, token, nil
}

// letIn refuses a token to a user who is blocked, or a bot's to one who asks for
// it. It locks the user: who is blocked at this moment gets none that outlives it.
func letIn(ctx context.Context, tx Tx, token Token) error {
	id := token.UserID
	if token.hasBot() {
		id = token.CreatedBy
	}
	user, err := tx.FindUser(ctx, id)
	if err != nil {
		return err
	}
	if user.State != Active {
		return apperr.Of(apperr.Conflict).WithMessage("The user is blocked.").WithHint("Unblock the user first.")
	}
	return nil
}

// alive refuses what a token is about to bring about if that has ended, zero
// standing for none. The user must be locked, as he is by whatever ends it.
func (s *Service) alive(ctx context.Context, tx Tx, tokenID int64) error {
	if tokenID == 0 {
		return nil
	}
	token, err := tx.FindToken(ctx, tokenID)
	if apperr.CodeOf(err) == apperr.NotFound || err == nil && !token.Live(s.Now()) {
		return apperr.Of(apperr.Unauthenticated)
	}
	return err
}

// draft is the token that a request asks for, if the caller may have it.
func (s *Service) draft(ctx context.Context, who Identity, r TokenRequest) (Token, error) {
	token := Token{
		Kind: r.Kind, Name: strings.TrimSpace(r.Name), Scopes: slices.Compact(slices.Sorted(slices.Values(r.Scopes))),
		CreatedBy: who.UserID, CreatedAt: s.Now(), ExpiresAt: r.ExpiresAt,
	}
	if err := token.validate(); err != nil {
		return Token{}, err
	}
	if err := s.limit(ctx, &token); err != nil {
		return Token{}, err
	}
	if err := mayGive(who, token.Scopes); err != nil {
		return Token{}, err
	}
	switch r.Kind {
	case Personal:
		return s.personal(ctx, who, token, r.UserID)
	case ServiceToken:
		token.UserID = r.UserID
		return token, s.mayServe(ctx, who, r.UserID)
	case GroupToken, ProjectToken:
		token.GroupID, token.ProjectID, token.Role = r.GroupID, r.ProjectID, r.Role
		if token.Role == tenant.NoRole {
			token.Role = tenant.Maintainer
		}
		return token, s.mayPlace(ctx, who, token)
	default:
		return Token{}, invalid("kind", "An access token is personal, or of a group, project or service.")
	}
}

// personal is a token of the caller's own, or of another person, whom it does
// not leave when the administrator's own token ends.
func (s *Service) personal(ctx context.Context, who Identity, token Token, userID int64) (Token, error) {
	if userID != 0 && userID != who.UserID {
		token.UserID = userID
		return token, s.mayLetIn(ctx, who, userID)
	}
	if who.Kind != Person {
		return Token{}, apperr.Of(apperr.Forbidden).WithHint("Only people have personal access tokens.")
	}
	token.UserID, token.ParentID = who.UserID, max(who.TokenID, who.OpenedBy)
	return token, nil
}

// mayLetIn reports whether the caller may make a token of another person.
func (s *Service) mayLetIn(ctx context.Context, who Identity, userID int64) error {
	if err := s.Access.Check(ctx, who, ManageUsers, Instance()); err != nil {
		return err
	}
	user, err := s.Store.User(ctx, userID)
	if err != nil {
		return fmt.Errorf("find user %d: %w", userID, err)
	}
	if user.Kind != Person {
		return invalid("user", "A personal access token belongs to a person.")
	}
	return nil
}

func (t Token) validate() error {
	known := func(s Scope) bool { return s == API || s == ReadAPI }
	switch {
	case t.Name == "" || !isText(t.Name):
		return invalid("name", "A name has 1 to 255 characters, without control characters.")
	case len(t.Scopes) == 0 || slices.ContainsFunc(t.Scopes, func(s Scope) bool { return !known(s) }):
		return invalid("scopes", "The scopes are api, which includes all, and read_api.")
	}
	return nil
}

// limit gives a new token its end, unless it has one that the settings allow.
func (s *Service) limit(ctx context.Context, t *Token) error {
	set, err := s.Settings.Settings(ctx)
	if err != nil {
		return fmt.Errorf("see how long tokens live: %w", err)
	}
	if t.ExpiresAt.IsZero() {
		t.ExpiresAt = t.CreatedAt.Add(set.DefaultToken())
	}
	if !t.ExpiresAt.After(t.CreatedAt) || t.ExpiresAt.After(t.CreatedAt.Add(set.LongestToken())) {
		return invalid("expires_at", fmt.Sprintf("A token expires in the future, in %d days at most.", set.LongestTokenDays))
	}
	return nil
}

// mayGive reports whether the caller may hand on scopes: none that he lacks.
func mayGive(who Identity, scopes []Scope) error {
	if slices.Contains(scopes, API) && !who.Writes() {
		return apperr.Of(apperr.Forbidden).WithHint("A token cannot make one with more scopes than its own.")
	}
	return nil
}

func (s *Service) mayServe(ctx context.Context, who Identity, userID int64) error {
	if err := s.Access.Check(ctx, who, ManageServiceTokens, Instance()); err != nil {
		return err
	}
	user, err := s.Store.User(ctx, userID)
	if err != nil {
		return fmt.Errorf("find service user %d: %w", userID, err)
	}
	if user.Kind != ServiceUser {
		return invalid("user", "A service token belongs to a service user.")
	}
	return nil
}

// mayPlace reports whether the caller may make a token of a group or project
// with such a role. A bot may not: its tokens would outlive the one that leaked.
func (s *Service) mayPlace(ctx context.Context, who Identity, token Token) error {
	where := token.Where()
	if (where.GroupID != 0) == (token.Kind == ProjectToken) || (where.ProjectID != 0) == (token.Kind == GroupToken) {
		return invalid("kind", "A group's token names its group, a project's token its project.")
	}
	if !slices.Contains(tenant.Roles(), token.Role) {
		return invalid("role", "A role is guest, reporter, developer, maintainer or owner.")
	}
	if who.Kind == Bot {
		return apperr.Of(apperr.Forbidden).WithHint("A group's or project's token cannot make others.")
	}
	if err := s.Access.Check(ctx, who, ManageTokens, where); err != nil {
		return err
	}
	return s.mayReach(ctx, who, where, token.Role)
}

// mayReach reports whether the caller's own role somewhere is not below another.
func (s *Service) mayReach(ctx context.Context, who Identity, where Subject, role tenant.Role) error {
	own, err := s.Access.Role(ctx, who, where)
	if err != nil {
		return fmt.Errorf("find the role of user %d: %w", who.UserID, err)
	}
	if role > own {
		return apperr.Of(apperr.Forbidden).WithHint("A token's role is at most one's own.")
	}
	return nil
}

func tokenEntry(action string, t Token) audit.Entry {
	scopes := make([]string, len(t.Scopes))
	for i, scope := range t.Scopes {
		scopes[i] = string(scope)
	}
	detail := map[string]string{
		"kind": string(t.Kind), "user": strconv.FormatInt(t.UserID, 10), "scopes": strings.Join(scopes, " "),
		"expires_at": t.ExpiresAt.UTC().Format(time.RFC3339),
	}
	if t.Role != tenant.NoRole {
		detail["role"] = t.Role.String()
	}
	return audit.Entry{
		Action: action, Object: audit.Object{Kind: "token", ID: t.ID, Name: t.Name},
		GroupID: t.GroupID, ProjectID: t.ProjectID, Detail: detail,
	}
}
