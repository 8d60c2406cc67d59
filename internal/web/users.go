package web

import (
	"net/http"
	"strconv"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/auth"
)

type usersView struct {
	place

	Search string
	Kind   auth.Kind
	Rows   []auth.User
	Next   string

	// What was typed for a new one.
	Username, Name, Email string
	Wrong                 wrong
}

// Fields are the lines that make a user.
func (v usersView) Fields() []field {
	return []field{
		newField("username", "Username", v.Username, v.Wrong, "username").Needed(),
		newField("name", "Name", v.Name, v.Wrong, "name"),
		newField("email", "E-mail", v.Email, v.Wrong, "email").As("email"),
	}
}

func (h *Handler) users(w http.ResponseWriter, r *http.Request) error {
	return h.showUsers(w, r, usersView{place: here(r)})
}

func (h *Handler) showUsers(w http.ResponseWriter, r *http.Request, view usersView) error {
	view.Search, view.Kind = asked(r), auth.Kind(r.URL.Query().Get("kind"))
	rows, err := h.Auth.Users(r.Context(), auth.UserQuery{Search: view.Search, Kind: view.Kind, After: after(r), Limit: listSize})
	if err != nil {
		return err
	}
	view.Rows = rows
	if len(rows) == listSize {
		query := r.URL.Query()
		query.Set("after", decimal(rows[len(rows)-1].ID))
		view.Next = "/users?" + query.Encode()
	}
	return h.render(w, r, view.Wrong.Status(), "users", "Users", view)
}

func (h *Handler) addUser(w http.ResponseWriter, r *http.Request) error {
	view := usersView{place: here(r), Username: typed(r, "username"), Name: typed(r, "name"), Email: typed(r, "email")}
	user, err := h.Auth.CreateUser(r.Context(), auth.NewUser{
		Profile: auth.Profile{Username: view.Username, Name: view.Name, Email: view.Email},
	})
	if refused, ok := refusal(err); ok {
		view.Wrong = refused
		return h.showUsers(w, r, view)
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/users/"+decimal(user.ID), http.StatusSeeOther)
	return nil
}

// userView is the page on which a user is blocked or made an administrator.
type userView struct {
	place

	User  auth.User
	Wrong wrong
	// Secret is that of the token that was just made for the user: it is shown this once.
	Secret string
	// Links are what the user signs in by, Issuer and Subject what was typed for another one.
	Links           []auth.Link
	Issuer, Subject string
}

// Fields are the lines that make an identity.
func (v userView) Fields() []field {
	return []field{
		newField("subject", "Subject", v.Subject, v.Wrong, "subject").Needed().Hinted("The claim sub at the provider, to the letter."),
		newField("issuer", "Issuer", v.Issuer, v.Wrong, "issuer").Needed().As("url"),
	}
}

func (h *Handler) user(w http.ResponseWriter, r *http.Request) error {
	id, err := strconv.ParseInt(r.PathValue("user"), 10, 64)
	if err != nil {
		return apperr.Of(apperr.NotFound)
	}
	return h.showUser(w, r, id, userView{place: here(r), Issuer: h.Auth.Issuer})
}

// showUser shows the page as the user is now.
func (h *Handler) showUser(w http.ResponseWriter, r *http.Request, id int64, view userView) (err error) {
	if view.User, err = h.Auth.User(r.Context(), id); err != nil {
		return err
	}
	if view.Links, err = h.Auth.Links(r.Context(), id); err != nil {
		return err
	}
	return h.render(w, r, view.Wrong.Status(), "user", view.User.Username, view)
}

// changeUser does one of the few things that administrators do to users.
func (h *Handler) changeUser(w http.ResponseWriter, r *http.Request) error {
	id, err := strconv.ParseInt(r.PathValue("user"), 10, 64)
	if err != nil {
		return apperr.Of(apperr.NotFound)
	}
	view := userView{place: here(r), Issuer: h.Auth.Issuer}
	switch typed(r, "action") {
	case "token":
		return h.letIn(w, r, id, view)
	case "link":
		view.Issuer, view.Subject = typed(r, "issuer"), typed(r, "subject")
		_, err = h.Auth.LinkUser(r.Context(), id, view.Issuer, view.Subject)
	case "unlink":
		err = h.Auth.UnlinkUser(r.Context(), id, r.PostFormValue("issuer"), r.PostFormValue("subject"))
	case "block":
		_, err = h.Auth.BlockUser(r.Context(), id)
	case "unblock":
		_, err = h.Auth.UnblockUser(r.Context(), id)
	case "promote":
		_, err = h.Auth.SetAdmin(r.Context(), id, true)
	case "demote":
		_, err = h.Auth.SetAdmin(r.Context(), id, false)
	default:
		return apperr.Of(apperr.InvalidRequest)
	}
	if refused, ok := refusal(err); ok {
		view.Wrong = refused
		return h.showUser(w, r, id, view)
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/users/"+decimal(id), http.StatusSeeOther)
	return nil
}

// firstToken is how long the token counts that lets a person in for the first time: long enough to make another one.
const firstToken = 7 * 24 * time.Hour

// letIn makes the token by which a person comes in who has no other way.
func (h *Handler) letIn(w http.ResponseWriter, r *http.Request, id int64, view userView) (err error) {
	view.Secret, _, err = h.Auth.CreateToken(r.Context(), auth.TokenRequest{
		Kind: auth.Personal, UserID: id, Name: "first sign-in", Scopes: []auth.Scope{auth.API}, ExpiresAt: h.Now().Add(firstToken),
	})
	if refused, ok := refusal(err); ok {
		view.Wrong = refused
	} else if err != nil {
		return err
	}
	return h.showUser(w, r, id, view)
}
