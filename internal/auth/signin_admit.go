package auth

import (
	"context"
	"log/slog"
	"slices"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/audit"
	"github.com/roadstead/roadstead/internal/tenant"
)

// Mapping is what the provider's groups are worth here.
type Mapping struct {
	Groups []MappedGroup
	// AdminGroup is the provider's group of administrators. When it is set, it alone decides who of those who sign in
	// through the provider is one.
	AdminGroup string
}

// MappedGroup makes the people of one of the provider's groups members of one of ours.
type MappedGroup struct {
	// Claim is the provider's group, to the letter. Path is ours.
	Claim, Path string
	Role        tenant.Role
}

// roles returns what groups are worth, by the path of our group: the highest role of several.
func (m Mapping) roles(groups []string) map[string]tenant.Role {
	roles := map[string]tenant.Role{}
	for _, g := range m.Groups {
		if slices.Contains(groups, g.Claim) {
			roles[g.Path] = max(roles[g.Path], g.Role)
		}
	}
	return roles
}

// admit finds or makes the user of an account and gives him the rights that his groups are worth now. They are his before
// the session is, and so are those taken from him gone.
func (s *SingleSignOn) admit(ctx context.Context, a Account) (User, error) {
	known, err := s.Auth.UserByIdentity(ctx, a.Issuer, a.Subject)
	switch unknown := apperr.CodeOf(err) == apperr.NotFound; {
	case unknown && s.KnownOnly:
		// It takes the subject to let somebody in.
		s.Log.WarnContext(ctx, "nobody made a user for who signed in at the provider",
			slog.String("issuer", a.Issuer), slog.String("subject", apperr.Quote(a.Subject)))
		return User{}, apperr.Of(apperr.SignInUnknown)
	case err != nil && !unknown:
		return User{}, err
	case err == nil && known.State != Active:
		return User{}, apperr.Of(apperr.SignInBlocked)
	}
	ctx = audit.WithActor(ctx, audit.Actor{Kind: audit.System, Name: "sign-in provider", IP: audit.ActorFrom(ctx).IP})
	user, err := s.Auth.RegisterIdentity(ctx, a.Issuer, a.Subject, Profile{Username: a.Username, Name: a.Name, Email: a.Email})
	if err != nil {
		return User{}, err
	}
	if err := s.Members.MapMember(ctx, user.ID, s.Mapping.roles(a.Groups)); err != nil {
		return User{}, err
	}
	return user, s.mapAdmin(ctx, user, slices.Contains(a.Groups, s.Mapping.AdminGroup))
}

// mapAdmin makes a user an administrator or no longer one. The first one always is, and is let in whatever his groups.
func (s *SingleSignOn) mapAdmin(ctx context.Context, user User, admin bool) error {
	if s.Mapping.AdminGroup == "" || user.ID == AdministratorID {
		return nil
	}
	_, err := s.Auth.SetAdmin(ctx, user.ID, admin)
	return err
}
