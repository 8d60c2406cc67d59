package tenant

import (
	"slices"
	"strings"
)

// Role is what a member is in a group or project. A higher role may everything
// that a lower one may.
type Role int

// The roles, with the numbers that the predecessor's API calls access levels.
const (
	NoRole     Role = 0
	Guest      Role = 10
	Reporter   Role = 20
	Developer  Role = 30
	Maintainer Role = 40
	Owner      Role = 50
)

// Roles returns the roles that a member can have, the lowest first.
func Roles() []Role { return []Role{Guest, Reporter, Developer, Maintainer, Owner} }

// String returns the role's name, for example "guest".
func (r Role) String() string {
	switch r {
	case Guest:
		return "guest"
	case Reporter:
		return "reporter"
	case Developer:
		return "developer"
	case Maintainer:
		return "maintainer"
	case Owner:
		return "owner"
	default:
		return "none"
	}
}

// valid reports whether a member can have the role.
func (r Role) valid() bool { return slices.Contains(Roles(), r) }

// ParseRole finds the role of a name. The error is validation_failed.
func ParseRole(name string) (Role, error) {
	for _, r := range Roles() {
		if strings.EqualFold(name, r.String()) {
			return r, nil
		}
	}
	return NoRole, errRole()
}

func errRole() error {
	return invalid("role", "A role is guest, reporter, developer, maintainer or owner.")
}
