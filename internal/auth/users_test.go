package auth_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/auth"
)

func TestCreateUser(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	good := map[string]struct {
		profile auth.Profile
		want    auth.Profile
	}{
		"in small letters": {
			auth.Profile{Username: " Ann ", Name: " Ann Example ", Email: "Ann@Example.com"},
			auth.Profile{Username: "ann", Name: "Ann Example", Email: "ann@example.com"},
		},
		"with the username for a name": {auth.Profile{Username: "bob.b-b_1"}, auth.Profile{Username: "bob.b-b_1", Name: "bob.b-b_1"}},
		"of another script":            {auth.Profile{Username: "zoe", Name: "\u0417\u043e\u044f"}, auth.Profile{Username: "zoe", Name: "\u0417\u043e\u044f"}},
	}
	for name, test := range good {
		user := must(w.CreateUser(t.Context(), auth.NewUser{Profile: test.profile}))(t)
		got := auth.Profile{Username: user.Username, Name: user.Name, Email: user.Email}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if user.Admin || user.State != auth.Active || user.Kind != auth.Person {
			t.Errorf("%s: %+v", name, user)
		}
	}
	bad := map[string]auth.NewUser{
		"no username":               {},
		"a username of spaces":      {Profile: auth.Profile{Username: "   "}},
		"a slash":                   {Profile: auth.Profile{Username: "a/b"}},
		"digits alone":              {Profile: auth.Profile{Username: "42"}},
		"a dash first":              {Profile: auth.Profile{Username: "-ann"}},
		"a full stop last":          {Profile: auth.Profile{Username: "ann2."}},
		"a bot's name":              {Profile: auth.Profile{Username: "Project_7_bot_x"}},
		"letters of another script": {Profile: auth.Profile{Username: "\u0430nn"}},
		"256 letters":               {Profile: auth.Profile{Username: strings.Repeat("a", 256)}},
		"a line break in the name":  {Profile: auth.Profile{Username: "eve", Name: "Eve\nadministrator"}},
		"a bidi override":           {Profile: auth.Profile{Username: "eve", Name: "Eve\u202e"}},
		"an e-mail without at":      {Profile: auth.Profile{Username: "eve", Email: "eve"}},
		"a bot":                     {Profile: auth.Profile{Username: "eve"}, Kind: auth.Bot},
	}
	for name, n := range bad {
		_, err := w.CreateUser(t.Context(), n)
		if apperr.CodeOf(err) != apperr.ValidationFailed {
			t.Errorf("%s: %v, want validation_failed", name, err)
		}
	}
	_, err := w.CreateUser(t.Context(), auth.NewUser{Profile: auth.Profile{Username: "ANN"}})
	wantCode(t, err, apperr.AlreadyExists)
	for _, found := range []string{"ann", "ANN", "2", "3", "4"} {
		must(w.FindUser(t.Context(), found))(t)
	}
	if list := must(w.Users(t.Context(), auth.UserQuery{Search: " ANN "}))(t); len(list) != 1 {
		t.Errorf("the search found %+v", list)
	}
}

// Who is not shown an e-mail cannot guess it by searching.
func TestOnlyAdministratorsFindByEmail(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	must(w.CreateUser(t.Context(), auth.NewUser{Profile: auth.Profile{Username: "ann", Email: "secret@example.org"}}))(t)
	_, bob := w.person("bob")
	for name, test := range map[string]struct {
		ctx    context.Context //nolint:containedctx // who asks
		search string
		want   int
	}{
		"an administrator": {w.admin(), "SECRET@", 1},
		"another user":     {bob, "secret@", 0},
		"by the username":  {bob, "an", 1},
		"nobody":           {t.Context(), "secret@", 0},
	} {
		if list := must(w.Users(test.ctx, auth.UserQuery{Search: test.search}))(t); len(list) != test.want {
			t.Errorf("%s found %+v, want %d", name, list, test.want)
		}
	}
}

func TestFirstAdministratorStays(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), t.Context()
	ann := must(w.CreateUser(ctx, auth.NewUser{Profile: auth.Profile{Username: "ann"}}))(t)
	must(w.SetAdmin(ctx, ann.ID, true))(t)

	_, err := w.BlockUser(ctx, auth.AdministratorID) // even though there is another one
	wantCode(t, err, apperr.Conflict)
	_, err = w.SetAdmin(ctx, auth.AdministratorID, false)
	wantCode(t, err, apperr.Conflict)
	must(w.SetAdmin(w.admin(), ann.ID, false))(t) // so there is always somebody
	must(w.BlockUser(w.admin(), ann.ID))(t)
}

func TestBotsAreNoAdministrators(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), t.Context()
	var bot auth.User
	check(t, w.db.Auth().Atomically(ctx, func(tx auth.Tx) (err error) {
		bot, err = tx.InsertUser(ctx, auth.User{Username: "group_1_bot_1", Kind: auth.Bot, State: auth.Active})
		return err
	}))
	_, err := w.SetAdmin(ctx, bot.ID, true)
	wantCode(t, err, apperr.Conflict)
	_, err = w.SetAdmin(ctx, 99, true)
	wantCode(t, err, apperr.NotFound)
}

func TestRegisterIdentity(t *testing.T) {
	t.Parallel()
	const issuer = "https://id.example.com"
	w, ctx := newWorld(t), t.Context()
	register := func(subject string, p auth.Profile) auth.User {
		t.Helper()
		return must(w.RegisterIdentity(ctx, issuer, subject, p))(t)
	}
	ann := register("1", auth.Profile{Username: "Ann", Name: "Ann", Email: "ann@example.com"})
	again := register("1", auth.Profile{Username: "renamed", Name: "Ann Example", Email: "ann@example.org"})
	if again.ID != ann.ID || again.Username != "ann" || again.Name != "Ann Example" || again.Email != "ann@example.org" {
		t.Errorf("the second sign-in made %+v of %+v", again, ann)
	}
	// Neither an e-mail nor a username says who somebody is.
	other := register("2", auth.Profile{Username: "ann", Email: "ann@example.org"})
	if other.ID == ann.ID || other.Username != "ann-2" {
		t.Errorf("another subject became %+v", other)
	}
	impostor := register("3", auth.Profile{Username: "administrator"})
	if impostor.ID == auth.AdministratorID || impostor.Admin {
		t.Errorf("a name made an administrator: %+v", impostor)
	}
	elsewhere := must(w.RegisterIdentity(ctx, "https://evil.example.com", "1", auth.Profile{Username: "ann"}))(t)
	if elsewhere.ID == ann.ID {
		t.Error("the same subject at another issuer is taken for the same person")
	}
	for username, want := range map[string]string{
		"":                       "user",
		"42":                     "user-42",
		"Zo\u00eb Example":       "zo-example",
		"eve@example.com":        "eve",
		"../../etc":              "etc",
		"project_1_bot_9":        "user-project_1_bot_9",
		strings.Repeat("x", 999): strings.Repeat("x", 127),
	} {
		if got := register("name "+username, auth.Profile{Username: username, Name: "\x1b[31m", Email: "no e-mail"}); got.Username != want ||
			got.Name != got.Username || got.Email != "" {
			t.Errorf("%.20q became %+v, want %s", username, got, want)
		}
	}
	must(w.BlockUser(ctx, ann.ID))(t)
	if blocked := register("1", auth.Profile{Username: "ann", Name: "Ann"}); blocked.State != auth.Blocked {
		t.Error("a sign-in unblocked a user")
	}
	if links := must(w.Links(ctx, ann.ID))(t); len(links) != 1 || links[0].Subject != "1" {
		t.Errorf("links %+v", links)
	}
}

// Who reads a hundred at a time asks for one more, to know whether that was all.
func TestUsersBehindThePageAreTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range 101 {
		must(w.CreateUser(w.admin(), auth.NewUser{Profile: auth.Profile{Username: fmt.Sprintf("user-%d", i)}}))(t)
	}
	if list := must(w.Users(w.admin(), auth.UserQuery{Limit: 101}))(t); len(list) != 101 {
		t.Errorf("a page of 100 and one more are %d users", len(list))
	}
}
