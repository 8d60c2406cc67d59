package cli

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/roadstead/roadstead/internal/apperr"
)

// importRun is one import. What is here already stays as it is, so that an import that was cut short goes on where it was.
type importRun struct {
	from   *source
	to     *importClient
	tokens map[int64]string
	report *importReport
	// progress is told what is being read.
	progress func(what string)

	// users are the ids here of usernames there; 0 for nobody.
	users map[string]int64
}

// run imports groups with their projects, the outer ones first, and the clusters of the instance at the end.
func (r *importRun) run(ctx context.Context) error {
	groups, err := r.from.groups(ctx)
	if err != nil {
		return fmt.Errorf("list groups: %w", err)
	}
	slices.SortStableFunc(groups, func(a, b sourceGroup) int {
		return strings.Count(a.FullPath, "/") - strings.Count(b.FullPath, "/")
	})
	for _, g := range groups {
		if err := r.group(ctx, g); err != nil {
			return err
		}
	}
	if r.from.group != "" {
		return nil
	}
	return r.clusters(ctx, "/admin", "/admin", "the instance")
}

func (r *importRun) group(ctx context.Context, g sourceGroup) error {
	r.progress(g.FullPath)
	there, here := "/groups/"+strconv.FormatInt(g.ID, 10), "/groups/"+url.PathEscape(g.FullPath)
	ok, err := r.ensure(ctx, "group", g.FullPath, here, "/groups", func(ctx context.Context) (map[string]any, error) {
		fields := map[string]any{"name": g.Name, "path": lastOf(g.FullPath), "description": g.Description}
		above, err := r.above(ctx, g.FullPath)
		if above != 0 {
			fields["parent_id"] = above
		}
		return fields, err
	})
	if err != nil || !ok {
		return err
	}
	if err := r.inside(ctx, there, here, g.FullPath); err != nil {
		return err
	}
	projects, err := r.from.projects(ctx, g)
	if err != nil {
		return fmt.Errorf("list projects of %s: %w", clean(g.FullPath), err)
	}
	for _, p := range projects {
		if err := r.project(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

func (r *importRun) project(ctx context.Context, p sourceProject) error {
	r.progress(p.Path)
	there, here := "/projects/"+strconv.FormatInt(p.ID, 10), "/projects/"+url.PathEscape(p.Path)
	ok, err := r.ensure(ctx, "project", p.Path, here, "/projects", func(ctx context.Context) (map[string]any, error) {
		group, err := r.above(ctx, p.Path)
		return map[string]any{"name": p.Name, "path": lastOf(p.Path), "description": p.Description, "namespace_id": group}, err
	})
	if err != nil || !ok {
		return err
	}
	return r.inside(ctx, there, here, p.Path)
}

// inside imports the members and clusters of a group or project.
func (r *importRun) inside(ctx context.Context, there, here, name string) error {
	if err := r.members(ctx, there, here, name); err != nil {
		return err
	}
	return r.clusters(ctx, there, here, name)
}

// above is the id here of the group that a path is in; 0 for none, and in a dry run for one that is not made yet.
func (r *importRun) above(ctx context.Context, full string) (int64, error) {
	i := strings.LastIndexByte(full, '/')
	if i < 0 || r.report.DryRun {
		return 0, nil
	}
	var g sourceGroup
	err := r.to.read(ctx, "/groups/"+url.PathEscape(full[:i]), &g)
	return g.ID, err
}

// lastOf is the last part of a path.
func lastOf(full string) string { return full[strings.LastIndexByte(full, '/')+1:] }

// ensure makes a group or project unless it is here, and reports whether it is, or would be.
func (r *importRun) ensure(
	ctx context.Context, kind, name, here, at string, fields func(context.Context) (map[string]any, error),
) (bool, error) {
	var found struct{}
	err := r.to.read(ctx, here, &found)
	if err == nil {
		r.report.add(importExists, kind, name, "")
		return true, nil
	}
	if !isStatus(err, http.StatusNotFound) {
		return false, err
	}
	return r.create(ctx, kind, name, at, fields)
}

// create makes something and reports whether it is here now. A refusal is noted; only what stops the whole import is an
// error.
func (r *importRun) create(
	ctx context.Context, kind, name, at string, fields func(context.Context) (map[string]any, error),
) (bool, error) {
	if r.report.DryRun {
		r.report.add(importCreate, kind, name, "")
		return true, nil
	}
	body, err := fields(ctx)
	if err == nil {
		_, err = r.to.call(ctx, http.MethodPost, at, body, nil)
	}
	switch refusal, refused := errors.AsType[*statusError](err); {
	case err == nil:
		r.report.add(importCreate, kind, name, "")
		return true, nil
	case refused && refusal.status != http.StatusUnauthorized:
		r.report.add(importFail, kind, name, refusal.said)
		return false, nil
	case apperr.CodeOf(err) == apperr.Unavailable:
		return false, err
	}
	return false, fmt.Errorf("create %s %s: %w", kind, clean(name), err)
}
