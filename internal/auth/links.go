package auth

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/roadstead/roadstead/internal/apperr"
)

// Links lists a user's identities at issuers.
func (s *Service) Links(ctx context.Context, userID int64) ([]Link, error) {
	return s.Store.Links(ctx, userID)
}

// LinkUser lets a person in as a subject of an issuer, that of the configuration
// when it is empty. It returns an already_exists error when the subject is
// another user's. To link again what is linked changes nothing.
func (s *Service) LinkUser(ctx context.Context, userID int64, issuer, subject string) (Link, error) {
	link, err := s.link(userID, issuer, subject)
	if err != nil {
		return Link{}, err
	}
	err = s.Store.Atomically(ctx, func(tx Tx) error {
		user, err := tx.FindUser(ctx, userID)
		if err != nil {
			return err
		}
		if user.Kind != Person {
			return invalid("user", "Only people sign in at a provider.")
		}
		known, err := tx.Link(ctx, link.Issuer, link.Subject)
		switch {
		case err == nil && known.UserID == userID:
			link = known
			return nil
		case err == nil:
			return apperr.Of(apperr.AlreadyExists)
		case apperr.CodeOf(err) != apperr.NotFound:
			return err
		}
		return insertLink(ctx, tx, user, link)
	})
	if apperr.CodeOf(err) == apperr.AlreadyExists {
		return Link{}, s.taken(ctx, link)
	}
	if err != nil {
		return Link{}, fmt.Errorf("link user %d: %w", userID, err)
	}
	return link, nil
}

// UnlinkUser takes an identity from a user and ends the sessions that came by it
// at once. Nobody so ends the session that he asks with: he would be left
// without a way in.
func (s *Service) UnlinkUser(ctx context.Context, userID int64, issuer, subject string) error {
	link := Link{Issuer: cmp.Or(issuer, s.Issuer), Subject: subject, UserID: userID}
	who, _ := FromContext(ctx)
	err := s.Store.Atomically(ctx, func(tx Tx) error {
		user, err := tx.FindUser(ctx, userID)
		if err != nil {
			return err
		}
		if err := tx.DeleteLink(ctx, link); err != nil {
			return err
		}
		ended, err := tx.DeleteSessionsOfSubject(ctx, link.Issuer, link.Subject)
		if err != nil {
			return err
		}
		if slices.Contains(ended, who.SessionID) {
			return apperr.Of(apperr.Conflict).WithMessage("This is the identity that you are signed in by.").
				WithHint("Sign in with an access token first, or ask another administrator.")
		}
		return tx.Record(ctx, userEntry("user.unlink", user, map[string]string{
			"issuer": link.Issuer, "subject": link.Subject, "count": strconv.Itoa(len(ended)),
		}))
	})
	if err != nil {
		return fmt.Errorf("unlink user %d: %w", userID, err)
	}
	return nil
}

func insertLink(ctx context.Context, tx Tx, user User, link Link) error {
	if err := tx.InsertLink(ctx, link); err != nil {
		return err
	}
	return tx.Record(ctx, userEntry("user.link", user, map[string]string{"issuer": link.Issuer, "subject": link.Subject}))
}

// link is the identity of a user as it would be kept. Issuer and subject are the
// provider's words, to the letter.
func (s *Service) link(userID int64, issuer, subject string) (Link, error) {
	issuer = cmp.Or(issuer, s.Issuer)
	switch u, err := url.Parse(issuer); {
	case issuer == "":
		return Link{}, invalid("issuer", "Name the provider: this server has none of its own.")
	case err != nil, u.Scheme != "https" && u.Scheme != "http", u.Host == "", u.User != nil,
		u.RawQuery != "", u.Fragment != "", !isText(issuer):
		return Link{}, invalid("issuer", "Write the provider's issuer to the letter, like https://login.example.com/realms/main.")
	case subject == "", !isText(subject), strings.TrimSpace(subject) != subject:
		return Link{}, invalid("subject", "Write the claim sub as the provider tells it, in 1 to 255 characters. It is no name and no address.")
	}
	return Link{Issuer: issuer, Subject: subject, UserID: userID, CreatedAt: s.Now()}, nil
}

// taken says that a subject is another user's, and to administrators whose.
func (s *Service) taken(ctx context.Context, link Link) error {
	err := apperr.Of(apperr.AlreadyExists).WithMessage("This subject signs in as another user.").WithField("subject")
	who, _ := FromContext(ctx)
	if !who.Admin {
		return err
	}
	owner, findErr := s.Store.UserByIdentity(ctx, link.Issuer, link.Subject)
	if findErr != nil {
		return err
	}
	return err.WithHint("It is " + owner.Username + "'s: unlink it there first.")
}
