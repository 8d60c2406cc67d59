package cli

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// members imports the members of a place who are somebody here.
func (r *importRun) members(ctx context.Context, there, here, name string) error {
	wanted, seen, err := r.from.members(ctx, there)
	switch {
	case err != nil:
		return fmt.Errorf("list members of %s: %w", clean(name), err)
	case !seen:
		r.report.add(importSkip, "members", name, "GitLab does not show them to this token")
		return nil
	case len(wanted) == 0:
		return nil
	}
	present, err := r.present(ctx, here)
	if err != nil {
		return err
	}
	for _, m := range wanted {
		if err := r.member(ctx, m, present, here, name); err != nil {
			return err
		}
	}
	return nil
}

// present lists who is a member here, by id. In a dry run the place may not be here yet.
func (r *importRun) present(ctx context.Context, here string) (map[int64]sourceMember, error) {
	list, err := listOf[sourceMember](ctx, r.to, here+"/members", nil)
	if isStatus(err, http.StatusNotFound) && r.report.DryRun {
		err = nil
	}
	present := make(map[int64]sourceMember, len(list))
	for _, m := range list {
		present[m.ID] = m
	}
	return present, err
}

func (r *importRun) member(ctx context.Context, m sourceMember, present map[int64]sourceMember, here, name string) error {
	label := name + " @" + m.Username
	role, ok := roleOf(m.AccessLevel)
	if m.State != "active" || !ok {
		r.report.add(importSkip, "member", label, "blocked there, or with a role that does nothing here")
		return nil
	}
	user, err := r.user(ctx, m)
	if err != nil {
		return err
	}
	if user == 0 {
		r.report.add(importSkip, "member", label, "nobody here is called so")
		return nil
	}
	if is, member := present[user]; member {
		note := ""
		if is.AccessLevel != role {
			note = fmt.Sprintf("has access level %d here, %d there; left as it is", is.AccessLevel, role)
		}
		r.report.add(importExists, "member", label, note)
		return nil
	}
	_, err = r.create(ctx, "member", label, here+"/members", func(context.Context) (map[string]any, error) {
		return map[string]any{"user_id": user, "access_level": role, "expires_at": m.ExpiresAt}, nil
	})
	return err
}

// roleOf is the role here of an access level there. Planners, who plan and read, are guests here; owners stay the highest.
func roleOf(level int) (int, bool) {
	const guest, planner, reporter, developer, maintainer, owner = 10, 15, 20, 30, 40, 50
	switch level {
	case guest, reporter, developer, maintainer, owner:
		return level, true
	case planner:
		return guest, true
	}
	return 0, false
}

// user finds who somebody is here: by username, else by an e-mail address that only one has. It is 0 for nobody.
func (r *importRun) user(ctx context.Context, m sourceMember) (int64, error) {
	if id, known := r.users[m.Username]; known {
		return id, nil
	}
	found, err := listOf[sourceMember](ctx, r.to, "/users", url.Values{"username": {m.Username}})
	if err == nil && len(found) != 1 && m.Email != "" {
		found, err = r.byEmail(ctx, m.Email)
	}
	if err != nil {
		return 0, fmt.Errorf("find user %s: %w", clean(m.Username), err)
	}
	if len(found) != 1 {
		r.users[m.Username] = 0
		r.report.MissingUsers = append(r.report.MissingUsers, clean(m.Username))
		return 0, nil
	}
	r.users[m.Username] = found[0].ID
	return found[0].ID, nil
}

func (r *importRun) byEmail(ctx context.Context, email string) ([]sourceMember, error) {
	found, err := listOf[sourceMember](ctx, r.to, "/users", url.Values{"search": {email}})
	return slices.DeleteFunc(found, func(u sourceMember) bool { return !strings.EqualFold(u.Email, email) }), err
}
