package tenant

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/roadstead/roadstead/internal/apperr"
)

// MapMember makes a user a member of the groups of these paths, by the word of the sign-in provider, and ends what its
// word made before and is not among them. What somebody gave by hand stays as it is, and groups that do not exist are
// passed over.
func (s *Service) MapMember(ctx context.Context, userID int64, roles map[string]Role) error {
	held, err := s.Store.MembershipsOf(ctx, userID)
	if err != nil {
		return fmt.Errorf("map the groups of user %d: %w", userID, err)
	}
	wanted := map[Place]Role{}
	for _, path := range slices.Sorted(maps.Keys(roles)) {
		g, err := s.Store.GroupByPath(ctx, path)
		if apperr.CodeOf(err) == apperr.NotFound {
			continue
		}
		if err != nil {
			return fmt.Errorf("find group %s: %w", path, err)
		}
		wanted[Place{GroupID: g.ID}] = roles[path]
	}
	if mapped(held, wanted) {
		return nil
	}
	err = s.Store.Atomically(ctx, func(tx Tx) error { return s.remap(ctx, tx, userID, held, wanted) })
	if err != nil {
		return fmt.Errorf("map the groups of user %d: %w", userID, err)
	}
	return nil
}

// mapped reports whether all is as wanted already, as it mostly is.
func mapped(held []ListedMember, wanted map[Place]Role) bool {
	right := 0
	for _, m := range held {
		role, want := wanted[m.Place]
		switch {
		case m.Source == ByProvider && (!want || m.Role != role):
			return false
		case want:
			right++
		}
	}
	return right == len(wanted)
}

func (s *Service) remap(ctx context.Context, tx MemberTx, userID int64, held []ListedMember, wanted map[Place]Role) error {
	for _, m := range held {
		if _, want := wanted[m.Place]; want || m.Source != ByProvider {
			continue
		}
		if err := s.unmap(ctx, tx, m.Place, userID); err != nil {
			return err
		}
	}
	byID := func(a, b Place) int { return int(a.GroupID - b.GroupID) }
	for _, at := range slices.SortedFunc(maps.Keys(wanted), byID) {
		if err := s.mapTo(ctx, tx, at, userID, wanted[at]); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) unmap(ctx context.Context, tx MemberTx, at Place, userID int64) error {
	m, err := s.memberForChange(ctx, tx, Granter{Admin: true}, at, userID)
	if apperr.CodeOf(err) == apperr.NotFound || err == nil && m.Source != ByProvider {
		return nil // somebody else was here meanwhile
	}
	if err != nil {
		return err
	}
	if err := tx.DeleteMember(ctx, m.ID); err != nil {
		return err
	}
	return recordMember(ctx, tx, "member.remove", m, map[string]string{"reason": "sign-in"})
}

func (s *Service) mapTo(ctx context.Context, tx MemberTx, at Place, userID int64, role Role) error {
	m, err := s.memberForChange(ctx, tx, Granter{Admin: true}, at, userID)
	switch {
	case apperr.CodeOf(err) == apperr.NotFound:
		return s.insertMember(ctx, tx, Member{Place: at, UserID: userID, Role: role, CreatedAt: s.Now(), Source: ByProvider})
	case err != nil || m.Source != ByProvider || m.Role == role:
		return err
	}
	was := m.Role
	m.Role = role
	if err := tx.UpdateMember(ctx, m.Member); err != nil {
		return err
	}
	return recordMember(ctx, tx, "member.update", m, map[string]string{"from": was.String(), "changed": "role", "reason": "sign-in"})
}
