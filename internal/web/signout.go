package web

import (
	"crypto/subtle"
	"log/slog"
	"net/http"
	"time"

	"github.com/roadstead/roadstead/internal/auth"
)

// leaveFor is how long a browser may take to sign out at the provider too.
const leaveFor = 10 * time.Minute

// signOut ends the session. Where it came from the provider, the sign-in page offers to sign out there as well: whoever
// uses the browser next would come in without being asked.
func (h *Handler) signOut(w http.ResponseWriter, r *http.Request) error {
	secret := h.offerSignOut(r)
	if err := h.endSession(r); err != nil {
		return err
	}
	h.setCookie(w, "", time.Unix(1, 0)) // long over: the browser drops it
	expires := time.Unix(1, 0)
	if secret != "" {
		expires = h.Now().Add(leaveFor)
	}
	h.setCookieOf(w, h.leavingCookie(), secret, expires)
	http.Redirect(w, r, "/sign-in", http.StatusSeeOther)
	return nil
}

// offerSignOut is empty when there is nothing to offer. Nobody is kept in because the provider is down.
func (h *Handler) offerSignOut(r *http.Request) string {
	who, _ := auth.FromContext(r.Context())
	if h.SingleSignOn == nil || who.SessionID == 0 {
		return ""
	}
	secret, err := h.SingleSignOn.OfferSignOut(r.Context(), who.SessionID)
	if err != nil {
		h.Log.WarnContext(r.Context(), "nobody is offered to sign out at the provider", slog.Any("error", err))
	}
	return secret
}

// leaveProvider sends a browser to sign out at the provider. It is a link, as to sign in is; only a browser that has just
// signed out here knows the secret in it.
func (h *Handler) leaveProvider(w http.ResponseWriter, r *http.Request) error {
	if err := h.providerAllowed(r); err != nil {
		return h.notSignedIn(w, r, err)
	}
	address := "/sign-in"
	if h.leaves(r) {
		found, err := h.SingleSignOn.SignOutURL(r.Context(), r.URL.Query().Get("state"))
		if err != nil {
			return h.notSignedIn(w, r, err)
		}
		if found != "" {
			address = found
		}
	}
	http.Redirect(w, r, address, http.StatusSeeOther) //nolint:gosec // the provider's own endpoint, or a page of ours
	return nil
}

// leftProvider takes a browser back that the provider has signed out. What others send here is not believed.
func (h *Handler) leftProvider(w http.ResponseWriter, r *http.Request) error {
	if err := h.providerAllowed(r); err != nil {
		return h.notSignedIn(w, r, err)
	}
	if !h.leaves(r) {
		http.Redirect(w, r, "/sign-in", http.StatusSeeOther)
		return nil
	}
	h.setCookieOf(w, h.leavingCookie(), "", time.Unix(1, 0))
	view := h.signInView(r, nil)
	view.Leave, view.Left = "", true
	return h.render(w, r, http.StatusOK, "sign-in", "Sign in", view)
}

// leaves reports whether a request has the secret that its browser got when it signed out.
func (h *Handler) leaves(r *http.Request) bool {
	state := r.URL.Query().Get("state")
	return state != "" && subtle.ConstantTimeCompare([]byte(state), []byte(h.leaving(r))) == 1
}

// leaving is that secret; empty for a browser that has none.
func (h *Handler) leaving(r *http.Request) string {
	cookie, err := r.Cookie(h.leavingCookie())
	if err != nil {
		return ""
	}
	return cookie.Value
}

// leavingCookie names the cookie of a browser that has signed out here.
func (h *Handler) leavingCookie() string { return h.cookieName() + "-sign-out" }
