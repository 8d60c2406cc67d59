package tenant

import (
	"context"
	"time"
)

// MemberStore finds members, and the roles that they have.
type MemberStore interface {
	// RoleInGroup and RoleInProject return the highest role that a user has there
	// or above: NoRole for none, and for what does not exist.
	RoleInGroup(ctx context.Context, userID, groupID int64) (Role, error)
	RoleInProject(ctx context.Context, userID, projectID int64) (Role, error)
	Members(ctx context.Context, q MemberQuery) ([]ListedMember, error)
	CountMembers(ctx context.Context, q MemberQuery) (int, error)
	Member(ctx context.Context, at Place, userID int64) (ListedMember, error)
	MembershipsOf(ctx context.Context, userID int64) ([]ListedMember, error)
	// ExpiredMembers returns some of the memberships that had ended by then.
	ExpiredMembers(ctx context.Context, by time.Time, limit int) ([]Member, error)
}

// MemberTx changes members.
type MemberTx interface {
	RecordTx
	TreeTx
	Member(ctx context.Context, at Place, userID int64) (ListedMember, error)
	InsertMember(ctx context.Context, m Member) error
	UpdateMember(ctx context.Context, m Member) error
	DeleteMember(ctx context.Context, id int64) error
	// OtherOwners counts a group's own owners without the user: people and
	// services that may sign in and whose membership does not end.
	OtherOwners(ctx context.Context, groupID, userID int64) (int, error)
}
