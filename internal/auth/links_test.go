package auth_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/auth"
)

// knownOnly is an entrance where users are made by hand, and one of them.
func knownOnly(t *testing.T) (*entrance, auth.User) {
	t.Helper()
	e := newEntrance(t)
	e.sso.KnownOnly, e.Issuer = true, issuer
	return e, must(e.CreateUser(e.admin(), auth.NewUser{Profile: auth.Profile{Username: "lovelace"}}))(t)
}

// enter tries to sign in through the provider.
func (e *entrance) enter() (auth.SignedIn, error) {
	e.t.Helper()
	begun, answer := e.begin("/")
	return e.sso.Finish(e.t.Context(), answer, begun.Secret)
}

func TestWhoIsLinkedGetsIn(t *testing.T) {
	t.Parallel()
	e, user := knownOnly(t)
	_, err := e.enter()
	wantCode(t, err, apperr.SignInUnknown)
	link := must(e.LinkUser(e.admin(), user.ID, "", "1"))(t)
	if again := must(e.LinkUser(e.admin(), user.ID, issuer, "1"))(t); !again.CreatedAt.Equal(link.CreatedAt) {
		t.Errorf("linked again: %+v, before %+v", again, link)
	}
	done := must(e.enter())(t)
	who := must(e.AuthenticateSession(t.Context(), done.Secret))(t)
	if who.UserID != user.ID || who.Name != "lovelace" {
		t.Errorf("signed in as %+v", who)
	}
	want := []auth.Link{{Issuer: issuer, Subject: "1", UserID: user.ID}}
	if diff := cmp.Diff(want, must(e.Links(t.Context(), user.ID))(t), cmpopts.IgnoreFields(auth.Link{}, "CreatedAt")); diff != "" {
		t.Errorf("links (-want +got):\n%s", diff)
	}
	other, _ := e.person("other")
	byToken, _, err := e.SignIn(t.Context(), configured)
	check(t, err)
	wantCode(t, e.UnlinkUser(e.admin(), other.ID, "", "1"), apperr.NotFound)
	wantCode(t, e.UnlinkUser(e.admin(), user.ID, "", "2"), apperr.NotFound)
	must(e.AuthenticateSession(t.Context(), done.Secret))(t)

	check(t, e.UnlinkUser(e.admin(), user.ID, "", "1"))
	_, err = e.AuthenticateSession(t.Context(), done.Secret)
	wantCode(t, err, apperr.Unauthenticated)
	must(e.AuthenticateSession(t.Context(), byToken))(t)
	_, err = e.enter()
	wantCode(t, err, apperr.SignInUnknown)
	var actions []string
	for _, row := range e.recorded() {
		if row.Object == "lovelace" {
			actions = append(actions, row.Action)
		}
	}
	if diff := cmp.Diff([]string{"user.create", "user.link", "user.update", "session.open", "user.unlink"}, actions); diff != "" {
		t.Errorf("recorded (-want +got):\n%s", diff)
	}
}

// A subject is one user's, and only administrators learn whose.
func TestLinkRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		issuer, subject string
		want            apperr.Code
	}{
		"the subject of another":            {"", "taken", apperr.AlreadyExists},
		"another subject":                   {"", "Taken", ""},
		"that subject at another provider":  {"https://other.example.com", "taken", ""},
		"no subject":                        {"", "", apperr.ValidationFailed},
		"a subject with a space at its end": {"", "1 ", apperr.ValidationFailed},
		"a subject with a line break":       {"", "1\n2", apperr.ValidationFailed},
		"a subject that is too long":        {"", strings.Repeat("1", 256), apperr.ValidationFailed},
		"a subject that is no text":         {"", "\xff", apperr.ValidationFailed},
		"an issuer that is no address":      {"login.example.com", "1", apperr.ValidationFailed},
		"an issuer that is a script":        {"javascript:alert(1)", "1", apperr.ValidationFailed},
		"an issuer with a password":         {"https://a:b@login.example.com", "1", apperr.ValidationFailed},
		"an issuer with a question":         {"https://login.example.com?a=b", "1", apperr.ValidationFailed},
	}
	e, user := knownOnly(t)
	must(e.LinkUser(e.admin(), user.ID, "", "taken"))(t)
	ann, hers := e.person("ann")
	for name, test := range tests {
		for _, ctx := range []context.Context{e.admin(), hers} {
			_, err := e.LinkUser(ctx, ann.ID, test.issuer, test.subject)
			wantCode(t, err, test.want)
			known, _ := apperr.From(err)
			who, _ := auth.FromContext(ctx)
			if tells := known != nil && strings.Contains(known.Message+known.Hint, "lovelace"); tells != (who.Admin && test.want == apperr.AlreadyExists) {
				t.Errorf("%s, by %s: %+v", name, who.Name, known)
			}
		}
	}
	service := must(e.CreateUser(e.admin(), auth.NewUser{Profile: auth.Profile{Username: "robot"}, Kind: auth.ServiceUser}))(t)
	_, err := e.LinkUser(e.admin(), service.ID, "", "robot")
	wantCode(t, err, apperr.ValidationFailed)
	_, err = e.LinkUser(e.admin(), 99, "", "nobody")
	wantCode(t, err, apperr.NotFound)
	e.Issuer = ""
	_, err = e.LinkUser(e.admin(), ann.ID, "", "1")
	wantCode(t, err, apperr.ValidationFailed)
}

// An administrator who takes away what he is signed in by would be left outside.
func TestNobodyUnlinksWhatHeIsSignedInBy(t *testing.T) {
	t.Parallel()
	e, user := knownOnly(t)
	must(e.SetAdmin(e.admin(), user.ID, true))(t)
	e.sso.Mapping.AdminGroup = ""
	must(e.LinkUser(e.admin(), user.ID, "", "1"))(t)
	must(e.LinkUser(e.admin(), user.ID, "", "2"))(t)
	done := must(e.enter())(t)
	own := auth.WithIdentity(t.Context(), must(e.AuthenticateSession(t.Context(), done.Secret))(t))
	wantCode(t, e.UnlinkUser(own, user.ID, "", "1"), apperr.Conflict)
	must(e.AuthenticateSession(t.Context(), done.Secret))(t)
	check(t, e.UnlinkUser(own, user.ID, "", "2"))
	secret, _ := e.personal(own, auth.API)
	check(t, e.UnlinkUser(e.as(secret), user.ID, "", "1"))
	e.wantIn(secret)
}
