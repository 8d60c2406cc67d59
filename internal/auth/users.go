package auth

import (
	"context"
	"fmt"
	"strconv"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/audit"
)

// maxPage is how much a list returns at once: a page of a hundred, and the one
// behind it that tells whether there is another page.
const maxPage = 101

// NewUser is what an administrator says of a new user.
type NewUser struct {
	Profile

	// Kind is Person or ServiceUser; a person when empty.
	Kind Kind
}

// CreateUser makes a person or a service user. Who has no way to sign in through
// an issuer gets in by a token.
func (s *Service) CreateUser(ctx context.Context, n NewUser) (User, error) {
	if n.Kind == "" {
		n.Kind = Person
	}
	if n.Kind != Person && n.Kind != ServiceUser {
		return User{}, invalid("kind", "A user is a person or a service.")
	}
	profile, err := n.Profile.checked()
	if err != nil {
		return User{}, err
	}
	user := User{
		Username: profile.Username, Name: profile.Name, Email: profile.Email, Kind: n.Kind, State: Active, CreatedAt: s.Now(),
	}
	err = s.Store.Atomically(ctx, func(tx Tx) (err error) {
		user, err = create(ctx, tx, user)
		return err
	})
	if err != nil {
		return User{}, fmt.Errorf("create user %s: %w", profile.Username, err)
	}
	return user, nil
}

func create(ctx context.Context, tx Tx, user User) (User, error) {
	user, err := tx.InsertUser(ctx, user)
	if err != nil {
		return User{}, err
	}
	return user, tx.Record(ctx, userEntry("user.create", user, map[string]string{"kind": string(user.Kind)}))
}

// User finds a user by id.
func (s *Service) User(ctx context.Context, id int64) (User, error) { return s.Store.User(ctx, id) }

// UserByName finds a user by the username, in any case.
func (s *Service) UserByName(ctx context.Context, username string) (User, error) {
	return s.Store.UserByName(ctx, lower(username))
}

// FindUser finds a user by id or username.
func (s *Service) FindUser(ctx context.Context, idOrName string) (User, error) {
	if id, err := strconv.ParseInt(idOrName, 10, 64); err == nil {
		return s.User(ctx, id)
	}
	return s.UserByName(ctx, idOrName)
}

// Users lists users in order of id. Only administrators find by e-mail: others
// could guess by it, letter by letter, what they are not shown.
func (s *Service) Users(ctx context.Context, q UserQuery) ([]User, error) {
	if q.Kind == "" {
		q.Kind = Person
	}
	q.Search, q.Limit = lower(q.Search), page(q.Limit)
	who, _ := FromContext(ctx)
	return s.Store.Users(ctx, q, who.Admin)
}

// BlockUser keeps a user out: his tokens and sessions end for good. The first
// administrator is not blocked.
func (s *Service) BlockUser(ctx context.Context, id int64) (User, error) {
	return s.changeUser(ctx, id, func(tx Tx, user *User) error {
		if user.State == Blocked {
			return nil
		}
		user.State = Blocked
		if err := tx.DeleteSessionsOf(ctx, id); err != nil {
			return err
		}
		ended, err := tx.RevokeTokensOf(ctx, id, s.Now())
		if err != nil {
			return err
		}
		return tx.Record(ctx, userEntry("user.block", *user, map[string]string{"count": strconv.Itoa(len(ended))}))
	})
}

// UnblockUser lets a user in again, by a new token or sign-in.
func (s *Service) UnblockUser(ctx context.Context, id int64) (User, error) {
	return s.changeUser(ctx, id, func(tx Tx, user *User) error {
		if user.State == Active {
			return nil
		}
		user.State = Active
		return tx.Record(ctx, userEntry("user.unblock", *user, nil))
	})
}

// SetAdmin makes a user an administrator of the instance, or no longer one. The
// first administrator stays one, and a bot never is.
func (s *Service) SetAdmin(ctx context.Context, id int64, admin bool) (User, error) {
	return s.changeUser(ctx, id, func(tx Tx, user *User) error {
		switch {
		case user.Admin == admin:
			return nil
		case user.Kind == Bot:
			return apperr.Of(apperr.Conflict).WithMessage("A bot cannot be an administrator.")
		}
		user.Admin = admin
		return tx.Record(ctx, userEntry("user.admin", *user, map[string]string{"admin": strconv.FormatBool(admin)}))
	})
}

// changeUser changes a user in one transaction. The first administrator stays
// one who can come in: by the token of the configuration, when nobody else can.
func (s *Service) changeUser(ctx context.Context, id int64, change func(Tx, *User) error) (User, error) {
	var user User
	err := s.Store.Atomically(ctx, func(tx Tx) (err error) {
		if user, err = tx.FindUser(ctx, id); err != nil {
			return err
		}
		was := user
		if err := change(tx, &user); err != nil || user == was {
			return err
		}
		if id == AdministratorID && (!user.Admin || user.State != Active) {
			return apperr.Of(apperr.Conflict).WithMessage("This is the first administrator, who always has a way in.").
				WithHint("Put another token into the configuration and restart every server to end the present one.")
		}
		return tx.UpdateUser(ctx, user)
	})
	if err != nil {
		return User{}, fmt.Errorf("change user %d: %w", id, err)
	}
	return user, nil
}

func userEntry(action string, user User, detail map[string]string) audit.Entry {
	return audit.Entry{
		Action: action, Object: audit.Object{Kind: "user", ID: user.ID, Name: user.Username}, Detail: detail,
	}
}

// page is how many rows a list returns.
func page(limit int) int {
	if limit <= 0 || limit > maxPage {
		return maxPage
	}
	return limit
}
