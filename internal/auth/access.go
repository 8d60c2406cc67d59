package auth

import (
	"context"
	"fmt"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/tenant"
)

// Subject is what a caller wants to do something to: a group, a project, or,
// with both zero, the whole instance.
type Subject struct {
	GroupID   int64
	ProjectID int64
}

// Group is the subject of a group's id.
func Group(id int64) Subject { return Subject{GroupID: id} }

// Project is the subject of a project's id.
func Project(id int64) Subject { return Subject{ProjectID: id} }

// Instance is the subject that stands for the whole instance.
func Instance() Subject { return Subject{} }

// Roles says which role a user has somewhere: the highest of what he was given
// there and in the groups above. It is NoRole for who has none, and where there
// is nothing.
type Roles interface {
	RoleInGroup(ctx context.Context, userID, groupID int64) (tenant.Role, error)
	RoleInProject(ctx context.Context, userID, projectID int64) (tenant.Role, error)
}

// Access decides who may do what.
type Access struct {
	roles Roles
	rules map[Ability]Rule
}

// NewAccess returns the decisions of the matrix over roles.
func NewAccess(roles Roles) *Access {
	a := &Access{roles: roles, rules: map[Ability]Rule{}}
	for _, rule := range Matrix() {
		a.rules[rule.Ability] = rule
	}
	return a
}

// Role returns the caller's role there. Administrators own everything.
func (a *Access) Role(ctx context.Context, who Identity, where Subject) (tenant.Role, error) {
	switch {
	case who.UserID == 0:
		return tenant.NoRole, nil
	case who.Admin:
		return tenant.Owner, nil
	case where.ProjectID != 0:
		return a.roles.RoleInProject(ctx, who.UserID, where.ProjectID)
	case where.GroupID != 0:
		return a.roles.RoleInGroup(ctx, who.UserID, where.GroupID)
	}
	return tenant.NoRole, nil
}

// Check returns nil when the caller may. Else it returns an apperr error:
// unauthenticated for nobody, not_found when the caller may not even see what
// it is about, forbidden when the role or the token's scope does not suffice.
func (a *Access) Check(ctx context.Context, who Identity, ability Ability, where Subject) error {
	role, err := a.Role(ctx, who, where)
	if err != nil {
		return fmt.Errorf("find the role of user %d: %w", who.UserID, err)
	}
	return a.Decide(who, ability, where, role)
}

// CheckCaller is Check for the caller of ctx.
func (a *Access) CheckCaller(ctx context.Context, ability Ability, where Subject) error {
	who, _ := FromContext(ctx)
	return a.Check(ctx, who, ability, where)
}

// Decide is Check for a caller whose role there is known. It asks nobody, so
// that a page can ask it about everything that it may show.
func (a *Access) Decide(who Identity, ability Ability, where Subject, role tenant.Role) error {
	rule, ok := a.rules[ability]
	switch {
	case !ok:
		return fmt.Errorf("check access: the matrix has no ability %q", ability)
	case who.UserID == 0:
		return apperr.Of(apperr.Unauthenticated)
	case !rule.Reads && !who.Writes():
		return errScope()
	case who.Admin:
		return nil
	case where == Instance():
		return rule.checkInstance()
	}
	return rule.check(role, where)
}

func (r Rule) checkInstance() error {
	if r.Instance == Everybody {
		return nil
	}
	return apperr.Of(apperr.Forbidden)
}

func (r Rule) check(role tenant.Role, where Subject) error {
	least := r.Group
	if where.ProjectID != 0 {
		least = r.Project
	}
	switch {
	case role == tenant.NoRole:
		return apperr.Of(apperr.NotFound)
	case least == tenant.NoRole, role < least:
		return apperr.Of(apperr.Forbidden)
	}
	return nil
}

func errScope() error {
	return apperr.Of(apperr.Forbidden).WithHint("This token reads only: use one with the scope api.")
}
