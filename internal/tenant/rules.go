package tenant

import (
	"context"
	"strings"

	"github.com/roadstead/roadstead/internal/apperr"
)

// checked returns the change with its texts trimmed, if they are acceptable.
func (c Change) checked() (Change, error) {
	c.Name, c.Description = trimmed(c.Name), trimmed(c.Description)
	if c.Name != nil {
		if err := validateName(*c.Name); err != nil {
			return Change{}, err
		}
	}
	if c.Description != nil {
		if err := validateDescription(*c.Description); err != nil {
			return Change{}, err
		}
	}
	if c.Slug != nil && strings.Contains(*c.Slug, "/") {
		return Change{}, invalid("path", "Give the last part of the path: a group or project stays where it is.")
	}
	return c, nil
}

// apply sets what differs, and returns the names of that.
func (c Change) apply(path, name, description *string) changed {
	var what changed
	if c.Slug != nil {
		to := (*path)[:strings.LastIndexByte(*path, '/')+1] + *c.Slug
		what = what.set("path", &to, path)
	}
	return what.set("name", c.Name, name).set("description", c.Description, description)
}

// changes is what the record tells of a change.
func changes(what changed, from, to string) map[string]string {
	detail := map[string]string{"changed": what.String()}
	if from != to {
		detail["from"], detail["to"] = from, to
	}
	return detail
}

func checkWords(name, description string) (string, string, error) {
	description = strings.TrimSpace(description)
	if err := validateName(name); err != nil {
		return "", "", err
	}
	return name, description, validateDescription(description)
}

// checkMove holds a new path against the rules, if it is one.
func checkMove(ctx context.Context, tx PlaceTx, from, to string) error {
	if from == to {
		return nil
	}
	if err := validatePath(to); err != nil {
		return err
	}
	if samePath(from, to) {
		return nil
	}
	return checkFree(ctx, tx, to)
}

// checkFree ends in already_exists when a group or a project has the path: they
// share one space of names, as their pages and API addresses do.
func checkFree(ctx context.Context, tx PlaceTx, path string) error {
	taken, err := tx.PathTaken(ctx, path)
	if err == nil && taken {
		return apperr.Of(apperr.AlreadyExists).WithMessage("A group or project of this path exists already.")
	}
	return err
}

// samePath compares as people do.
func samePath(a, b string) bool { return strings.EqualFold(a, b) }

// checkEmpty ends in a conflict that says what is in the way of a deletion.
func checkEmpty(ctx context.Context, tx PlaceTx, what string, at Place) error {
	c, err := tx.Contents(ctx, at)
	if err != nil {
		return err
	}
	for _, thing := range []struct {
		count       int
		name, again string
	}{
		{c.Subgroups, "a group", "Delete the groups in it first."},
		{c.Projects, "a project", "Delete its projects first."},
		{c.Clusters, "a cluster", "Detach its clusters first: their namespaces go with them."},
		{c.Namespaces, "a namespace in a cluster", "Remove its namespaces first, or remove the project through its page, the CLI or the API."},
		{c.CloudRoles, "a cloud role", "Remove its cloud roles first."},
	} {
		if thing.count > 0 {
			return apperr.Of(apperr.Conflict).WithMessage("The " + what + " still has " + thing.name + ".").WithHint(thing.again)
		}
	}
	return nil
}
