package web

import (
	"net/http"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/audit"
	"github.com/roadstead/roadstead/internal/auth"
)

// maxLogout bounds what the sign-in provider sends to end sessions, in bytes.
const maxLogout = 64 << 10

// toProvider sends a browser to the sign-in provider. It is a link and no form: browsers hold the redirects of a form to
// the policy of the page that it is on.
func (h *Handler) toProvider(w http.ResponseWriter, r *http.Request) error {
	if err := h.providerAllowed(r); err != nil {
		return h.notSignedIn(w, r, err)
	}
	begun, err := h.SingleSignOn.Begin(r.Context(), r.FormValue("return_to"))
	if err != nil {
		return h.notSignedIn(w, r, err)
	}
	h.setCookieOf(w, h.waitingCookie(), begun.Secret, begun.ExpiresAt)
	http.Redirect(w, r, begun.URL, http.StatusSeeOther)
	return nil
}

// fromProvider takes a browser back. Whoever was signed in with it before is so no longer.
func (h *Handler) fromProvider(w http.ResponseWriter, r *http.Request) error {
	if err := h.providerAllowed(r); err != nil {
		return h.notSignedIn(w, r, err)
	}
	var secret string
	if cookie, err := r.Cookie(h.waitingCookie()); err == nil {
		secret = cookie.Value
	}
	q := r.URL.Query()
	done, err := h.SingleSignOn.Finish(r.Context(), auth.Answer{
		State: q.Get("state"), Code: q.Get("code"), Issuer: q.Get("iss"), Error: q.Get("error"),
	}, secret)
	h.setCookieOf(w, h.waitingCookie(), "", time.Unix(1, 0))
	if err != nil {
		return h.notSignedIn(w, r, err)
	}
	if err := h.endSession(r); err != nil {
		return err
	}
	h.setCookie(w, done.Secret, done.Session.ExpiresAt)
	http.Redirect(w, r, done.ReturnTo, http.StatusSeeOther)
	return nil
}

// providerSignsOut ends the sessions that the provider says have ended (OpenID Connect Back-Channel Logout 1.0, 2.8).
func (h *Handler) providerSignsOut(w http.ResponseWriter, r *http.Request) error {
	if err := h.providerAllowed(r); err != nil {
		return err
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxLogout)
	err := h.SingleSignOn.End(r.Context(), r.PostFormValue("logout_token"))
	if apperr.CodeOf(err) == apperr.SignInUntrusted {
		http.Error(w, `{"error":"invalid_request"}`, http.StatusBadRequest)
		return nil
	}
	if err != nil {
		return err
	}
	w.WriteHeader(http.StatusOK)
	return nil
}

// providerAllowed refuses what concerns the provider where there is none, and who comes too often.
func (h *Handler) providerAllowed(r *http.Request) error {
	if h.SingleSignOn == nil {
		return apperr.Of(apperr.NotFound)
	}
	return h.Limits.Allow(r.Context(), auth.ProviderVisits, auth.AddressKey(audit.ActorFrom(r.Context()).IP))
}

// notSignedIn shows on the sign-in page why nobody was let in, in our own words.
func (h *Handler) notSignedIn(w http.ResponseWriter, r *http.Request, err error) error {
	shown, ok := apperr.From(err)
	if !ok || shown.Code == apperr.NotFound {
		return err
	}
	retryAfter(w, shown)
	return h.render(w, r, shown.Status(), "sign-in", "Sign in", h.signInView(r, shown))
}

// waitingCookie names the cookie of a browser that is at the provider.
func (h *Handler) waitingCookie() string { return h.cookieName() + "-sign-in" }
