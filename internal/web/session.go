package web

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/audit"
	"github.com/roadstead/roadstead/internal/auth"
)

// maxForm bounds what a form may send, in bytes. Values of a chart are the
// largest thing people type.
const maxForm = 1 << 20

type signInView struct {
	ReturnTo string
	Error    *apperr.Error
	// Provider offers to sign in at the organisation's provider.
	Provider bool
	// Leave is the secret by which a browser goes on to sign out there, Left says that it has.
	Leave string
	Left  bool
}

func (h *Handler) signInPage(w http.ResponseWriter, r *http.Request) error {
	return h.render(w, r, http.StatusOK, "sign-in", "Sign in", h.signInView(r, nil))
}

func (h *Handler) signInView(r *http.Request, refused *apperr.Error) signInView {
	view := signInView{ReturnTo: returnTo(r), Error: refused, Provider: h.SingleSignOn != nil}
	if view.Provider {
		view.Leave = h.leaving(r)
	}
	return view
}

func (h *Handler) signIn(w http.ResponseWriter, r *http.Request) error {
	if err := h.Limits.Allow(r.Context(), auth.SignIns, auth.AddressKey(audit.ActorFrom(r.Context()).IP)); err != nil {
		return h.notSignedIn(w, r, err)
	}
	secret, session, err := h.Auth.SignIn(r.Context(), strings.TrimSpace(r.PostFormValue("token")))
	if apperr.CodeOf(err) == apperr.Unauthenticated {
		refused := apperr.Of(apperr.Unauthenticated).WithMessage("That is not a valid token.")
		return h.render(w, r, http.StatusUnauthorized, "sign-in", "Sign in", h.signInView(r, refused))
	}
	if err != nil {
		return err
	}
	if err := h.endSession(r); err != nil {
		return err
	}
	h.setCookie(w, secret, session.ExpiresAt)
	http.Redirect(w, r, returnTo(r), http.StatusSeeOther) //nolint:gosec // returnTo stays on this host
	return nil
}

// endSession ends the session that a browser shows, if it shows one.
func (h *Handler) endSession(r *http.Request) error {
	cookie, err := r.Cookie(h.cookieName())
	if err != nil {
		return nil //nolint:nilerr // it shows none
	}
	return h.Auth.SignOut(r.Context(), cookie.Value)
}

// identify finds out who asks: an unauthenticated error is nobody.
func (h *Handler) identify(r *http.Request) (auth.Identity, error) {
	cookie, err := r.Cookie(h.cookieName())
	if err != nil {
		return auth.Identity{}, apperr.Of(apperr.Unauthenticated)
	}
	return h.Auth.AuthenticateSession(r.Context(), cookie.Value)
}

func (h *Handler) setCookie(w http.ResponseWriter, value string, expires time.Time) {
	h.setCookieOf(w, h.cookieName(), value, expires)
}

func (h *Handler) setCookieOf(w http.ResponseWriter, name, value string, expires time.Time) {
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // Secure wherever there is TLS
		Name: name, Value: value, Path: "/", Expires: expires,
		HttpOnly: true, Secure: h.Secure, SameSite: http.SameSiteLaxMode,
	})
}

// cookieName has the prefix that makes a browser refuse the cookie from a
// sibling host, where TLS allows it.
func (h *Handler) cookieName() string {
	if h.Secure {
		return "__Host-roadstead"
	}
	return "roadstead"
}

func toSignIn(w http.ResponseWriter, r *http.Request) {
	target := "/sign-in"
	if r.Method == http.MethodGet {
		target += "?return_to=" + url.QueryEscape(r.URL.RequestURI())
	}
	http.Redirect(w, r, target, http.StatusSeeOther)
}

// returnTo is where to go after signing in: a path of ours, never another host.
func returnTo(r *http.Request) string { return auth.ReturnPath(r.FormValue("return_to")) }
