package tenant

import (
	"context"
	"fmt"
	"maps"
	"strconv"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/audit"
)

// sweepBatch is how many memberships that have ended one look finds.
const sweepBatch = 500

// RoleInGroup returns the highest role that a user has in a group, directly or
// by one above it: NoRole for none, and for what does not exist.
func (s *Service) RoleInGroup(ctx context.Context, userID, groupID int64) (Role, error) {
	return s.Store.RoleInGroup(ctx, userID, groupID)
}

// RoleInProject returns the highest role that a user has in a project, directly
// or by a group above it: NoRole for none, and for what does not exist.
func (s *Service) RoleInProject(ctx context.Context, userID, projectID int64) (Role, error) {
	return s.Store.RoleInProject(ctx, userID, projectID)
}

// Members lists the members of a group or project, each user once. Memberships
// that have ended are not among them.
func (s *Service) Members(ctx context.Context, q MemberQuery) ([]ListedMember, error) {
	return s.Store.Members(ctx, q)
}

// CountMembers counts what Members lists on all pages, and reports whether there
// are more than MaxCount.
func (s *Service) CountMembers(ctx context.Context, q MemberQuery) (n int, more bool, err error) {
	q.Page = all()
	return counted(s.Store.CountMembers(ctx, q))
}

// Member finds a user's own membership of a group or project, not an inherited
// one.
func (s *Service) Member(ctx context.Context, at Place, userID int64) (ListedMember, error) {
	m, err := s.Store.Member(ctx, at, userID)
	if err == nil && m.ended(s.Now()) {
		err = fmt.Errorf("find member %d: %w", userID, apperr.Of(apperr.NotFound))
	}
	if err != nil {
		return ListedMember{}, err
	}
	return m, nil
}

// MembershipsOf lists what a user is a member of himself.
func (s *Service) MembershipsOf(ctx context.Context, userID int64) ([]ListedMember, error) {
	return s.Store.MembershipsOf(ctx, userID)
}

// AddMember makes a user a member of a group or project.
func (s *Service) AddMember(ctx context.Context, by Granter, n NewMember) (m ListedMember, err error) {
	added := Member{
		Place: n.Place, UserID: n.UserID, Role: n.Role, ExpiresAt: n.ExpiresAt, CreatedAt: s.Now(), CreatedBy: by.UserID,
	}
	if err := s.checkTerms(added); err != nil {
		return ListedMember{}, err
	}
	if err := by.mayGive(n.Role); err != nil {
		return ListedMember{}, err
	}
	err = s.Store.Atomically(ctx, func(tx Tx) error {
		if err := s.insertMember(ctx, tx, added); err != nil {
			return err
		}
		m, err = tx.Member(ctx, n.Place, n.UserID)
		return err
	})
	if err != nil {
		return ListedMember{}, fmt.Errorf("add user %d to %v: %w", n.UserID, n.Place, err)
	}
	return m, nil
}

// insertMember stores a membership in the place of one that has ended.
func (s *Service) insertMember(ctx context.Context, tx MemberTx, m Member) error {
	old, err := tx.Member(ctx, m.Place, m.UserID)
	switch {
	case apperr.CodeOf(err) == apperr.NotFound:
	case err != nil:
		return err
	case !old.ended(s.Now()):
		return apperr.Of(apperr.AlreadyExists).WithMessage("The user is a member already.").WithHint("Change the role instead.")
	default:
		if err := tx.DeleteMember(ctx, old.ID); err != nil {
			return err
		}
	}
	if err := tx.InsertMember(ctx, m); err != nil {
		return err
	}
	added, err := tx.Member(ctx, m.Place, m.UserID)
	if err != nil {
		return err
	}
	return recordMember(ctx, tx, "member.add", added, nil)
}

// UpdateMember changes the role or the end of a membership.
func (s *Service) UpdateMember(
	ctx context.Context, by Granter, at Place, userID int64, c MemberChange,
) (m ListedMember, err error) {
	err = s.Store.Atomically(ctx, func(tx Tx) error {
		was, err := s.memberForChange(ctx, tx, by, at, userID)
		if err != nil {
			return err
		}
		m = was
		what := c.apply(&m.Member)
		if len(what) == 0 {
			return nil
		}
		if err := s.checkChange(ctx, tx, by, was.Member, m.Member); err != nil {
			return err
		}
		m.Source = ByHand
		if err := tx.UpdateMember(ctx, m.Member); err != nil {
			return err
		}
		return recordMember(ctx, tx, "member.update", m, map[string]string{"from": was.Role.String(), "changed": what.String()})
	})
	if err != nil {
		return ListedMember{}, fmt.Errorf("change member %d of %v: %w", userID, at, err)
	}
	return m, nil
}

// checkChange holds what a membership shall become against the rules.
func (s *Service) checkChange(ctx context.Context, tx MemberTx, by Granter, was, m Member) error {
	if err := s.checkTerms(m); err != nil {
		return err
	}
	if err := by.mayGive(m.Role); err != nil {
		return err
	}
	if m.Role == Owner && m.ExpiresAt.IsZero() {
		return nil
	}
	return keepOwner(ctx, tx, by, was)
}

// apply sets what differs, and returns the names of that.
func (c MemberChange) apply(m *Member) (what changed) {
	if c.Role != nil && *c.Role != m.Role {
		m.Role = *c.Role
		what = append(what, "role")
	}
	if c.ExpiresAt != nil && !c.ExpiresAt.Equal(m.ExpiresAt) {
		m.ExpiresAt = *c.ExpiresAt
		what = append(what, "expires_at")
	}
	return what
}

// RemoveMember ends a membership. Everybody may end his own.
func (s *Service) RemoveMember(ctx context.Context, by Granter, at Place, userID int64) error {
	if by.UserID == userID {
		by.Role = Owner
	}
	err := s.Store.Atomically(ctx, func(tx Tx) error {
		m, err := s.memberForChange(ctx, tx, by, at, userID)
		if err != nil {
			return err
		}
		if err := keepOwner(ctx, tx, by, m.Member); err != nil {
			return err
		}
		if err := tx.DeleteMember(ctx, m.ID); err != nil {
			return err
		}
		return recordMember(ctx, tx, "member.remove", m, nil)
	})
	if err != nil {
		return fmt.Errorf("remove member %d of %v: %w", userID, at, err)
	}
	return nil
}

// memberForChange reads a membership that by may touch, while nobody else
// changes the members of the tree.
func (s *Service) memberForChange(ctx context.Context, tx MemberTx, by Granter, at Place, userID int64) (ListedMember, error) {
	if at.GroupID != 0 {
		if err := tx.HoldTree(ctx, at.GroupID); err != nil {
			return ListedMember{}, err
		}
	}
	m, err := tx.Member(ctx, at, userID)
	if err == nil && m.ended(s.Now()) {
		err = apperr.Of(apperr.NotFound)
	}
	if err != nil {
		return ListedMember{}, err
	}
	return m, by.mayGive(m.Role)
}

// SweepMembers removes the memberships that have ended. They count for nothing
// from the moment of their end, swept or not.
func (s *Service) SweepMembers(ctx context.Context) error {
	for {
		ended, err := s.Store.ExpiredMembers(ctx, s.Now(), sweepBatch)
		if err != nil {
			return fmt.Errorf("find memberships that have ended: %w", err)
		}
		for _, m := range ended {
			if err := s.expire(ctx, m); err != nil {
				return fmt.Errorf("remove member %d of %v: %w", m.UserID, m.Place, err)
			}
		}
		if len(ended) < sweepBatch {
			return nil
		}
	}
}

func (s *Service) expire(ctx context.Context, ended Member) error {
	return s.Store.Atomically(ctx, func(tx Tx) error {
		m, err := tx.Member(ctx, ended.Place, ended.UserID)
		if apperr.CodeOf(err) == apperr.NotFound || err == nil && !m.ended(s.Now()) {
			return nil // somebody else was here meanwhile
		}
		if err != nil {
			return err
		}
		if err := tx.DeleteMember(ctx, m.ID); err != nil {
			return err
		}
		return recordMember(ctx, tx, "member.remove", m, map[string]string{"reason": "expired"})
	})
}

// keepOwner ends in a conflict when m is the last owner of a top-level group,
// which nobody could administer without one. An end of the membership in sight
// counts as none. Groups below are administered from above.
func keepOwner(ctx context.Context, tx MemberTx, by Granter, m Member) error {
	if by.Admin || m.GroupID == 0 || m.Role < Owner {
		return nil
	}
	g, err := tx.Group(ctx, m.GroupID)
	if err != nil || g.ParentID != 0 {
		return err
	}
	others, err := tx.OtherOwners(ctx, m.GroupID, m.UserID)
	if err == nil && others == 0 {
		err = apperr.Of(apperr.Conflict).WithMessage("The group would be left without a lasting owner.").
			WithHint("Make somebody else an owner first, without an end.")
	}
	return err
}

// mayGive ends in forbidden for a role above that of the granter.
func (by Granter) mayGive(r Role) error {
	if by.Admin || r <= by.Role {
		return nil
	}
	return apperr.Of(apperr.Forbidden).WithMessage("The role is above your own.")
}

func (s *Service) checkTerms(m Member) error {
	if !m.Role.valid() {
		return errRole()
	}
	if m.ended(s.Now()) {
		return invalid("expiry", "Give a time that is to come, or none.")
	}
	return nil
}

func (m Member) ended(now time.Time) bool { return !m.ExpiresAt.IsZero() && !m.ExpiresAt.After(now) }

func recordMember(ctx context.Context, tx RecordTx, action string, m ListedMember, detail map[string]string) error {
	told := map[string]string{"member": m.Username, "path": m.Path, "role": m.Role.String()}
	if !m.ExpiresAt.IsZero() {
		told["expires_at"] = m.ExpiresAt.Format(time.RFC3339)
	}
	maps.Copy(told, detail)
	if m.GroupID != 0 {
		tx.Notify("group/" + strconv.FormatInt(m.GroupID, 10))
	} else {
		tx.Notify("project/" + strconv.FormatInt(m.ProjectID, 10))
	}
	return tx.Record(ctx, audit.Entry{
		Action: action, Object: audit.Object{Kind: "member", ID: m.ID, Name: m.Username},
		GroupID: m.GroupID, ProjectID: m.ProjectID, Detail: told,
	})
}
