package auth_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/tenant"
)

func (w *world) projectToken(role tenant.Role) auth.TokenRequest {
	return auth.TokenRequest{
		Kind: auth.ProjectToken, ProjectID: w.project.ID, Role: role, Name: "deploy", Scopes: []auth.Scope{auth.API},
	}
}

func (w *world) groupToken(role tenant.Role) auth.TokenRequest {
	return auth.TokenRequest{
		Kind: auth.GroupToken, GroupID: w.group.ID, Role: role, Name: "deploy", Scopes: []auth.Scope{auth.API},
	}
}

// TestWhoMakesTokens has every role ask for tokens of every role in the group and the project.
func TestWhoMakesTokens(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.places()
	for _, own := range ranks() {
		user, ctx := w.person("user-" + own.String())
		if own != tenant.NoRole {
			w.join(user, own)
		}
		for _, role := range tenant.Roles() {
			for least, request := range map[tenant.Role]auth.TokenRequest{
				tenant.Maintainer: w.projectToken(role), tenant.Owner: w.groupToken(role),
			} {
				var want apperr.Code
				switch {
				case own == tenant.NoRole:
					want = apperr.NotFound
				case own < least || role > own:
					want = apperr.Forbidden
				}
				_, _, err := w.CreateToken(ctx, request)
				if got := apperr.CodeOf(err); got != want {
					t.Errorf("%s asks for a %s token with the role %s: %q (%v), want %q", own, request.Kind, role, got, err, want)
				}
			}
		}
	}
}

func TestBotOfAToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.places()
	ann, ctx := w.person("ann")
	w.join(ann, tenant.Maintainer)
	secret, token, err := w.CreateToken(ctx, w.projectToken(tenant.Developer))
	check(t, err)
	who := must(w.AuthenticateToken(t.Context(), secret))(t)
	if who.Kind != auth.Bot || !strings.HasPrefix(who.Name, fmt.Sprintf("project_%d_bot_", w.project.ID)) || who.Admin {
		t.Errorf("who calls: %+v", who)
	}
	role := func() tenant.Role {
		return must(w.Access.Role(t.Context(), who, auth.Project(w.project.ID)))(t)
	}
	if got := role(); got != tenant.Developer {
		t.Errorf("its role is %s", got)
	}
	if got := must(w.Access.Role(t.Context(), who, auth.Group(w.group.ID)))(t); got != tenant.NoRole {
		t.Errorf("its role in the group is %s", got)
	}
	fresh, rotated, err := w.RotateToken(ctx, token.ID, w.clock.Add(300*24*time.Hour))
	check(t, err)
	w.wantOut(secret)
	members := must(w.tenants.Member(t.Context(), tenant.Place{ProjectID: w.project.ID}, who.UserID))(t)
	if !members.ExpiresAt.Equal(rotated.ExpiresAt) {
		t.Errorf("the bot is a member until %v, its token counts until %v", members.ExpiresAt, rotated.ExpiresAt)
	}
	if got := must(w.AuthenticateToken(t.Context(), fresh))(t); got.UserID != who.UserID {
		t.Error("the rotated token acts as another bot")
	}
	check(t, w.RevokeToken(ctx, rotated.ID))
	w.wantOut(fresh)
	if got := role(); got != tenant.NoRole {
		t.Errorf("after the token's end the bot is still a %s", got)
	}
	if bot := must(w.User(t.Context(), who.UserID))(t); bot.State != auth.Blocked {
		t.Errorf("after the token's end the bot is %s", bot.State)
	}
}

// What a bot may, nobody gets by rotating its token who may not do it himself.
func TestRotatingGivesNoRole(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.places()
	ann, annCtx := w.person("ann")
	bob, bobCtx := w.person("bob")
	w.join(ann, tenant.Owner)
	w.join(bob, tenant.Maintainer)
	_, owning, err := w.CreateToken(annCtx, w.projectToken(tenant.Owner))
	check(t, err)
	_, raised, err := w.CreateToken(annCtx, w.projectToken(tenant.Guest))
	check(t, err)
	owner := tenant.Owner
	must(w.tenants.UpdateMember(t.Context(), tenant.Granter{Admin: true}, tenant.Place{ProjectID: w.project.ID}, raised.UserID,
		tenant.MemberChange{Role: &owner}))(t)
	for name, token := range map[string]auth.Token{"made as an owner": owning, "raised to an owner": raised} {
		_, _, err := w.RotateToken(bobCtx, token.ID, time.Time{})
		if apperr.CodeOf(err) != apperr.Forbidden {
			t.Errorf("%s: a maintainer rotates its token: %v", name, err)
		}
		_, _, err = w.RotateToken(annCtx, token.ID, time.Time{})
		check(t, err)
	}
	for _, token := range must(w.Tokens(bobCtx, auth.TokenQuery{ProjectID: w.project.ID, Live: true}))(t) {
		check(t, w.RevokeToken(bobCtx, token.ID)) // to end it is fine
	}
}

func TestBotsMakeNoTokens(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.places()
	secret, token, err := w.CreateToken(w.admin(), w.groupToken(tenant.Owner))
	check(t, err)
	bot := w.as(secret)
	for _, request := range []auth.TokenRequest{
		w.groupToken(tenant.Guest), w.projectToken(tenant.Guest),
		{Kind: auth.Personal, Name: "own", Scopes: []auth.Scope{auth.API}},
		{Kind: auth.ServiceToken, UserID: token.UserID, Name: "service", Scopes: []auth.Scope{auth.API}},
	} {
		_, _, err := w.CreateToken(bot, request)
		if apperr.CodeOf(err) != apperr.Forbidden {
			t.Errorf("a bot makes a %s token: %v", request.Kind, err)
		}
	}
	_, _, err = w.SignIn(t.Context(), secret)
	wantCode(t, err, apperr.Forbidden)
	fresh, _, err := w.RotateToken(bot, token.ID, time.Time{}) // its own it may
	check(t, err)
	w.wantIn(fresh)
}

func TestTokensOfPlaces(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.places()
	_, strangerCtx := w.person("eve")
	bob, bobCtx := w.person("bob")
	w.join(bob, tenant.Developer)
	_, token, err := w.CreateToken(w.admin(), w.projectToken(0))
	check(t, err)
	if token.Role != tenant.Maintainer {
		t.Errorf("without asking for a role it got %s", token.Role)
	}
	query := auth.TokenQuery{ProjectID: w.project.ID}
	for name, test := range map[string]struct {
		err  error
		want apperr.Code
	}{
		"a stranger lists":    {second(w.Tokens(strangerCtx, query)), apperr.NotFound},
		"a stranger reads":    {second(w.Token(strangerCtx, token.ID)), apperr.NotFound},
		"a stranger revokes":  {w.RevokeToken(strangerCtx, token.ID), apperr.NotFound},
		"a developer lists":   {second(w.Tokens(bobCtx, query)), apperr.Forbidden},
		"a developer revokes": {w.RevokeToken(bobCtx, token.ID), apperr.Forbidden},
	} {
		if got := apperr.CodeOf(test.err); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
	for name, request := range map[string]auth.TokenRequest{
		"a group's token of a project": {Kind: auth.GroupToken, ProjectID: w.project.ID, Name: "a", Scopes: []auth.Scope{auth.API}},
		"a project's token of a group": {Kind: auth.ProjectToken, GroupID: w.group.ID, Name: "a", Scopes: []auth.Scope{auth.API}},
		"a token of both":              {Kind: auth.ProjectToken, GroupID: w.group.ID, ProjectID: w.project.ID, Name: "a", Scopes: []auth.Scope{auth.API}},
		"a token of neither":           {Kind: auth.GroupToken, Name: "a", Scopes: []auth.Scope{auth.API}},
		"a role that is not":           w.projectToken(35),
		"a role below none":            w.projectToken(-10),
	} {
		_, _, err := w.CreateToken(w.admin(), request)
		if apperr.CodeOf(err) != apperr.ValidationFailed {
			t.Errorf("%s: %v", name, err)
		}
	}
	check(t, w.tenants.DeleteProject(t.Context(), w.project.ID))
	_, err = w.Token(w.admin(), token.ID)
	wantCode(t, err, apperr.NotFound)
}

func second[T any](_ T, err error) error { return err }
