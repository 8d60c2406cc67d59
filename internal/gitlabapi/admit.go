package gitlabapi

import (
	"context"
	"strconv"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/tenant"
)

// subject is what a request is about: a group, a project, or neither.
type subject struct {
	group   tenant.Group
	project tenant.Project
}

func (s subject) auth() auth.Subject {
	return auth.Subject{GroupID: s.group.ID, ProjectID: s.project.ID}
}

// admit finds what a request is about and lets it pass when the caller may. What he may not see is not there for him.
func (h *Handler) admit(ctx context.Context, c *call, raw given) (err error) {
	if c.where, err = h.subject(ctx, c, raw); err != nil {
		return hidden(err, c.route.Level)
	}
	if c.route.Ability == "" {
		return nil
	}
	return hidden(h.Access.Check(ctx, c.who, c.route.Ability, c.where.auth()), c.route.Level)
}

func (h *Handler) subject(ctx context.Context, c *call, raw given) (s subject, err error) {
	value, err := read([]param{{name: c.route.Field, kind: text}}, raw)
	name := value.text(c.route.Field)
	switch {
	case err != nil || name == "" && c.route.Field != "id":
		return s, err
	case c.route.Level == Group:
		s.group, err = h.Groups.Group(ctx, name)
	case c.route.Level == Project:
		s.project, err = h.Projects.Project(ctx, name)
	}
	return s, err
}

// hidden names what was not found by its kind, as the predecessor does for what a path begins with.
func hidden(err error, level Level) error {
	switch {
	case apperr.CodeOf(err) != apperr.NotFound:
		return err
	case level == Project:
		return missing("Project")
	case level == Group:
		return missing("Group")
	}
	return err
}

func idText(id int64) string { return strconv.FormatInt(id, 10) }
