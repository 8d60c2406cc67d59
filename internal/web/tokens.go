package web

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/setting"
	"github.com/roadstead/roadstead/internal/tenant"
)

// tokensView is a list of access tokens: one's own, those of a group or project, or those of services.
type tokensView struct {
	place

	Kind auth.TokenKind
	Rows []tokenRow
	// Set says how long tokens live.
	Set setting.Settings
	// Next goes on with the list.
	Next string

	// Secret is that of the token that was just made: it is shown this once.
	Secret string
	Made   auth.Token

	// What was typed for a new one.
	Name, Service, Expires string
	Reads                  bool
	Level                  tenant.Role
	Wrong                  wrong
}

type tokenRow struct {
	auth.Token

	Status status
	// User is the service that the token acts as; empty elsewhere.
	User string
}

// Base is the address of the list.
func (v tokensView) Base() string {
	switch v.Kind {
	case auth.Personal:
		return "/me/tokens"
	case auth.ServiceToken:
		return "/service-tokens"
	case auth.GroupToken, auth.ProjectToken:
	}
	return v.Path() + "/tokens"
}

// MayMake reports whether the reader makes and revokes tokens of the list.
func (v tokensView) MayMake() bool {
	switch v.Kind {
	case auth.Personal:
		return true
	case auth.ServiceToken:
		return v.may(auth.ManageServiceTokens)
	case auth.GroupToken, auth.ProjectToken:
	}
	return v.may(auth.ManageTokens)
}

// Fields are the lines that make a token.
func (v tokensView) Fields() []field {
	lines := []field{newField("name", "Name", v.Name, v.Wrong, "name").Needed().Like("deploy").Hinted("What it is for.")}
	if v.Kind == auth.ServiceToken {
		lines = append(lines, newField("service", "Service user", v.Service, v.Wrong, "service").Needed().Like("terraform").
			Hinted("Made when there is none of this username."))
	}
	if v.Kind == auth.GroupToken || v.Kind == auth.ProjectToken {
		lines = append(lines, newField("role", "Role", "", v.Wrong, "role").Of(v.roles(v.Level)))
	}
	return append(lines,
		newField("scope", "Scope", "", v.Wrong, "scopes").Of([]choice{
			{string(auth.API), "Everything (api)", !v.Reads}, {string(auth.ReadAPI), "Read only (read_api)", v.Reads},
		}),
		newField("expires", "Expires on", v.Expires, v.Wrong, "expires_at").As("date").
			Hinted(fmt.Sprintf("Empty: in %d days. At most %d days ahead.", v.Set.DefaultTokenDays, v.Set.LongestTokenDays)),
	)
}

// query is what the list is of.
func (v tokensView) query() auth.TokenQuery {
	query := auth.TokenQuery{GroupID: v.Subject.GroupID, ProjectID: v.Subject.ProjectID, Live: true, Limit: listSize}
	if v.Kind == auth.Personal {
		query.UserID = v.Who.UserID
	}
	return query
}

// tokens serves the list of a kind.
func (h *Handler) tokens(kind auth.TokenKind) page {
	return func(w http.ResponseWriter, r *http.Request) error {
		return h.showTokens(w, r, tokensView{place: here(r), Kind: kind, Level: tenant.Developer})
	}
}

func (h *Handler) showTokens(w http.ResponseWriter, r *http.Request, view tokensView) error {
	query := view.query()
	query.After = after(r)
	all, err := h.Auth.Tokens(r.Context(), query)
	if err != nil {
		return err
	}
	if view.Set, err = h.Settings.Settings(r.Context()); err != nil {
		return err
	}
	if len(all) == listSize {
		view.Next = view.Base() + "?after=" + decimal(all[len(all)-1].ID)
	}
	names := map[int64]string{}
	for _, t := range all {
		shown := tokenRow{Token: t, Status: tokenStatus(t, h.Now())}
		if view.Kind == auth.ServiceToken {
			if shown.User, err = h.username(r, names, t.UserID); err != nil {
				return err
			}
		}
		view.Rows = append(view.Rows, shown)
	}
	return h.render(w, r, view.Wrong.Status(), "tokens", "Access tokens", view)
}

// username finds a user's name once, however many rows name him.
func (h *Handler) username(r *http.Request, known map[int64]string, id int64) (string, error) {
	if name, ok := known[id]; ok {
		return name, nil
	}
	user, err := h.Auth.User(r.Context(), id)
	known[id] = user.Username
	return user.Username, err
}

// tokenStatus warns of a token that ends within a week.
func tokenStatus(t auth.Token, now time.Time) status {
	if t.ExpiresAt.Sub(now) < 7*24*time.Hour {
		return status{"warn", "expires soon"}
	}
	return status{"good", "active"}
}

func (h *Handler) addToken(kind auth.TokenKind) page {
	return func(w http.ResponseWriter, r *http.Request) error {
		view := tokensView{
			place: here(r), Kind: kind, Name: typed(r, "name"), Service: typed(r, "service"), Expires: typed(r, "expires"),
			Reads: typed(r, "scope") == string(auth.ReadAPI),
		}
		err := h.makeToken(r, &view)
		if refused, ok := refusal(err); ok {
			view.Wrong = refused
		} else if err != nil {
			return err
		} else { // the form is for the next one
			view.Name, view.Service, view.Expires, view.Reads = "", "", "", false
		}
		return h.showTokens(w, r, view)
	}
}

func (h *Handler) makeToken(r *http.Request, view *tokensView) (err error) {
	request := auth.TokenRequest{
		Kind: view.Kind, Name: view.Name, Scopes: []auth.Scope{auth.API}, GroupID: view.Subject.GroupID, ProjectID: view.Subject.ProjectID,
	}
	if view.Reads {
		request.Scopes = []auth.Scope{auth.ReadAPI}
	}
	if request.ExpiresAt, err = day("expires_at", view.Expires); err != nil {
		return err
	}
	switch view.Kind {
	case auth.Personal:
	case auth.GroupToken, auth.ProjectToken:
		if view.Level, err = tenant.ParseRole(typed(r, "role")); err != nil {
			return err
		}
		request.Role = view.Level
	case auth.ServiceToken:
		if request.UserID, err = h.service(r, view.Service); err != nil {
			return err
		}
	}
	view.Secret, view.Made, err = h.Auth.CreateToken(r.Context(), request)
	return err
}

// service finds the service user of a name, made when there is none.
func (h *Handler) service(r *http.Request, username string) (int64, error) {
	user, err := h.Auth.UserByName(r.Context(), username)
	if apperr.CodeOf(err) == apperr.NotFound {
		user, err = h.Auth.CreateUser(r.Context(), auth.NewUser{
			Kind: auth.ServiceUser, Profile: auth.Profile{Username: username, Name: username},
		})
	}
	if err == nil && user.Kind != auth.ServiceUser {
		return 0, invalid("service", "This is a person. Choose another username.")
	}
	return user.ID, err
}

// revokeToken ends a token of the list. Which ones somebody may end is decided where they are kept.
func (h *Handler) revokeToken(kind auth.TokenKind) page {
	return func(w http.ResponseWriter, r *http.Request) error {
		id, err := strconv.ParseInt(r.PathValue("token"), 10, 64)
		if err != nil {
			return apperr.Of(apperr.NotFound)
		}
		if err := h.Auth.RevokeToken(r.Context(), id); err != nil {
			return err
		}
		http.Redirect(w, r, tokensView{place: here(r), Kind: kind}.Base(), http.StatusSeeOther)
		return nil
	}
}
