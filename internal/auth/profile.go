package auth

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/roadstead/roadstead/internal/apperr"
)

// maxText is the predecessor's limit on usernames and names, in characters.
const maxText = 255

var (
	username = regexp.MustCompile(`^[a-z0-9_][a-z0-9_.-]*$`)
	digits   = regexp.MustCompile(`^[0-9]+$`)
	// botName is how the bots of tokens are called: nobody else may look like one.
	botName = regexp.MustCompile(`^(group|project)_[0-9]+_bot`)
	notName = regexp.MustCompile(`[^a-z0-9_.-]+`)
)

// checked returns the profile in the form in which it is kept.
func (p Profile) checked() (Profile, error) {
	p.Username, p.Email, p.Name = lower(p.Username), lower(p.Email), strings.TrimSpace(p.Name)
	if p.Name == "" {
		p.Name = p.Username
	}
	switch {
	case !username.MatchString(p.Username), digits.MatchString(p.Username), botName.MatchString(p.Username),
		len(p.Username) > maxText, strings.HasSuffix(p.Username, "."):
		return p, invalid("username", "A username has letters, digits, '_', '-' and '.', not digits alone.")
	case !isText(p.Name):
		return p, invalid("name", "A name has at most 255 characters, without control characters.")
	case p.Email != "" && (!isText(p.Email) || !strings.Contains(p.Email, "@")):
		return p, invalid("email", "Write an e-mail address, or leave it empty.")
	}
	return p, nil
}

// acceptable makes a profile of an issuer one that can be kept: an issuer's
// words are not refused, for their user cannot change them.
func (p Profile) acceptable(subject string) Profile {
	name, _, _ := strings.Cut(lower(p.Username), "@")
	name = strings.TrimRight(notName.ReplaceAllString(name, "-"), "-.")
	name = strings.TrimLeft(name, "-.")
	if len(name) > maxText/2 {
		name = strings.TrimRight(name[:maxText/2], "-.")
	}
	if name == "" || digits.MatchString(name) || botName.MatchString(name) {
		name = "user-" + name
	}
	p.Username = strings.TrimRight(name, "-")
	if !isText(p.Name) {
		p.Name = ""
	}
	if !isText(p.Email) || !strings.Contains(p.Email, "@") {
		p.Email = ""
	}
	checked, err := p.checked()
	if err != nil {
		return Profile{Username: "user-" + fmt.Sprintf("%x", hashOf(subject)[:4]), Name: p.Name}
	}
	return checked
}

// UserByIdentity finds the user of a subject at an issuer.
func (s *Service) UserByIdentity(ctx context.Context, issuer, subject string) (User, error) {
	return s.Store.UserByIdentity(ctx, issuer, subject)
}

// RegisterIdentity returns the user of a subject at an issuer: a new person when
// there is none, else the known one with the name and e-mail that the issuer
// says now. The username stays what it was; a new one that is taken gets a number.
func (s *Service) RegisterIdentity(ctx context.Context, issuer, subject string, p Profile) (User, error) {
	p = p.acceptable(subject)
	user, err := s.Store.UserByIdentity(ctx, issuer, subject)
	if apperr.CodeOf(err) == apperr.NotFound {
		user, err = s.register(ctx, Link{Issuer: issuer, Subject: subject}, p)
	} else if err == nil {
		user, err = s.updateProfile(ctx, user.ID, p)
	}
	if err != nil {
		return User{}, fmt.Errorf("register subject of %s: %w", issuer, err)
	}
	return user, nil
}

// usernameTries bounds the numbers that are tried behind a username.
const usernameTries = 50

func (s *Service) register(ctx context.Context, link Link, p Profile) (User, error) {
	for try := 1; ; try++ {
		user := User{Username: p.Username, Name: p.Name, Email: p.Email, Kind: Person, State: Active, CreatedAt: s.Now()}
		if try > 1 {
			user.Username += "-" + strconv.Itoa(try)
		}
		err := s.Store.Atomically(ctx, func(tx Tx) (err error) {
			if user, err = create(ctx, tx, user); err != nil {
				return err
			}
			link.UserID, link.CreatedAt = user.ID, s.Now()
			return insertLink(ctx, tx, user, link)
		})
		if apperr.CodeOf(err) != apperr.AlreadyExists || try == usernameTries {
			return user, err
		}
		// Taken is the username, or another sign-in of the same person was first.
		if found, err := s.Store.UserByIdentity(ctx, link.Issuer, link.Subject); err == nil {
			return found, nil
		}
	}
}

func (s *Service) updateProfile(ctx context.Context, id int64, p Profile) (User, error) {
	return s.changeUser(ctx, id, func(tx Tx, user *User) error {
		if user.Name == p.Name && user.Email == p.Email {
			return nil
		}
		user.Name, user.Email = p.Name, p.Email
		return tx.Record(ctx, userEntry("user.update", *user, map[string]string{"changed": "profile"}))
	})
}

// isText reports whether a text is one that people can read on one line.
func isText(s string) bool {
	return utf8.ValidString(s) && utf8.RuneCountInString(s) <= maxText &&
		strings.IndexFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) < 0
}

func lower(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

func invalid(field, hint string) error {
	return apperr.Of(apperr.ValidationFailed).WithField(field).
		WithMessage(fmt.Sprintf("The %s is not acceptable.", field)).WithHint(hint)
}
