package api

import (
	"context"
	"net/http"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/auth"
)

// Links is what the API needs of users' identities at the sign-in provider.
type Links interface {
	Links(ctx context.Context, userID int64) ([]auth.Link, error)
	LinkUser(ctx context.Context, userID int64, issuer, subject string) (auth.Link, error)
	UnlinkUser(ctx context.Context, userID int64, issuer, subject string) error
}

// Link is an identity at a sign-in provider by which a user comes in.
type Link struct {
	Issuer    string    `json:"issuer" doc:"The provider, as it calls itself"`
	Subject   string    `json:"subject" doc:"The claim sub of its tokens"`
	CreatedAt time.Time `json:"created_at"`
}

func viewLink(l auth.Link) Link {
	return Link{Issuer: l.Issuer, Subject: l.Subject, CreatedAt: l.CreatedAt}
}

// NewLink names an identity that a user shall come in by.
type NewLink struct {
	Issuer  string `json:"issuer,omitempty" maxLength:"255" doc:"Absent: the provider of this server"`
	Subject string `json:"subject" minLength:"1" maxLength:"255" doc:"The claim sub, to the letter"`
}

type linkInput struct {
	UserInput
	Body NewLink
}

type unlinkInput struct {
	UserInput
	Issuer  string `query:"issuer" doc:"Absent: the provider of this server"`
	Subject string `query:"subject" required:"true"`
}

func (h *Handler) mountLinks(r router) {
	route(r, "GET /users/{user}/identities", "list-identities", "List the identities by which a user signs in",
		h.needsUser(), h.listLinks)
	route(r, "POST /users/{user}/identities", "link-user", "Let a user in by an identity at the sign-in provider",
		h.needsInstance(auth.ManageUsers), h.linkUser, answers(http.StatusCreated))
	route(r, "DELETE /users/{user}/identities", "unlink-user", "Take an identity from a user; its sessions end",
		h.needsInstance(auth.ManageUsers), h.unlinkUser)
}

// needsUser lets the user of the path in, and administrators: those who get to know all of [User].
func (h *Handler) needsUser() permission {
	return permission{
		who: "the user himself, and administrators",
		path: func(ctx context.Context, param func(string) string) (context.Context, error) {
			user, err := h.Users.FindUser(ctx, param("user"))
			if err != nil {
				return ctx, err
			}
			if who, _ := auth.FromContext(ctx); !who.Admin && who.UserID != user.ID {
				return ctx, apperr.Of(apperr.Forbidden)
			}
			return keep(ctx, user), nil
		},
	}
}

func (h *Handler) listLinks(ctx context.Context, _ *UserInput) (*list[Link], error) {
	links, err := h.Users.Links(ctx, found[auth.User](ctx).ID)
	if err != nil {
		return nil, err
	}
	return newList(links, viewLink), nil
}

func (h *Handler) linkUser(ctx context.Context, in *linkInput) (*body[Link], error) {
	user, err := h.Users.FindUser(ctx, in.User)
	if err != nil {
		return nil, err
	}
	link, err := h.Users.LinkUser(ctx, user.ID, in.Body.Issuer, in.Body.Subject)
	return &body[Link]{viewLink(link)}, err
}

func (h *Handler) unlinkUser(ctx context.Context, in *unlinkInput) (*struct{}, error) {
	user, err := h.Users.FindUser(ctx, in.User)
	if err != nil {
		return nil, err
	}
	return nil, h.Users.UnlinkUser(ctx, user.ID, in.Issuer, in.Subject)
}
