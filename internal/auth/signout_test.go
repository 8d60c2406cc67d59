package auth_test

import (
	"testing"

	"github.com/roadstead/roadstead/internal/apperr"
)

func TestSignOutAtTheProviderIsOffered(t *testing.T) {
	t.Parallel()
	e := newEntrance(t)
	here := e.signIn().Session.ID
	_, byToken, err := e.SignIn(t.Context(), configured)
	check(t, err)
	const leave = "https://login.example.com/logout"
	for name, test := range map[string]struct {
		change  func(p *idp)
		session int64
		offered bool
		code    apperr.Code
	}{
		"where it is":                    {func(p *idp) { p.leave = leave }, here, true, ""},
		"nowhere":                        {func(*idp) {}, here, false, ""},
		"to a session by a token":        {func(p *idp) { p.leave = leave }, byToken.ID, false, ""},
		"to no session":                  {func(p *idp) { p.leave = leave }, 0, false, ""},
		"after another provider was set": {func(p *idp) { p.leave, p.issuer = leave, "https://new.example.com" }, here, false, ""},
		"by a provider that is down":     {func(p *idp) { p.err = apperr.Of(apperr.SignInUnavailable) }, here, false, apperr.SignInUnavailable},
	} {
		provider := *e.idp
		test.change(&provider)
		e.sso.Provider = &provider
		secret, err := e.sso.OfferSignOut(t.Context(), test.session)
		if (secret != "") != test.offered || apperr.CodeOf(err) != test.code {
			t.Errorf("%s: OfferSignOut() = %q, %v", name, secret, err)
		}
	}
}
