package api

import (
	"context"
	"strconv"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/provision"
	"github.com/roadstead/roadstead/internal/tenant"
)

func (h *Handler) ofGroup(ctx context.Context, param func(string) string) (context.Context, auth.Subject, error) {
	group, err := h.Tenants.Group(ctx, param("group"))
	return keep(ctx, group), auth.Group(group.ID), err
}

func (h *Handler) ofProject(ctx context.Context, param func(string) string) (context.Context, auth.Subject, error) {
	project, err := h.Tenants.Project(ctx, param("project"))
	return keep(ctx, project), auth.Project(project.ID), err
}

// needsEnvironment is needs for an environment, which is looked for once the caller may do this in the project.
func (h *Handler) needsEnvironment(what auth.Ability) permission {
	p := h.needs(what, h.ofProject)
	project := p.path
	p.path = func(ctx context.Context, param func(string) string) (context.Context, error) {
		ctx, err := project(ctx, param)
		if err != nil {
			return ctx, err
		}
		environment, err := h.Tenants.Environment(ctx, found[tenant.Project](ctx).ID, param("environment"))
		return keep(ctx, environment), err
	}
	p.gone = func(ctx context.Context, param func(string) string) bool {
		ctx, err := project(ctx, param)
		if err != nil {
			return false
		}
		_, err = h.Tenants.Environment(ctx, found[tenant.Project](ctx).ID, param("environment"))
		return apperr.CodeOf(err) == apperr.NotFound
	}
	return p
}

func (h *Handler) ofCluster(ctx context.Context, param func(string) string) (context.Context, auth.Subject, error) {
	one, err := h.clusterNamed(ctx, param("cluster"))
	return keep(ctx, one), clusterSubject(one), err
}

func (h *Handler) ofOperation(ctx context.Context, param func(string) string) (context.Context, auth.Subject, error) {
	id, err := strconv.ParseInt(param("operation"), 10, 64)
	if err != nil {
		return ctx, auth.Subject{}, apperr.Of(apperr.NotFound)
	}
	op, err := h.Applications.Operation(ctx, id)
	if err != nil {
		return ctx, auth.Subject{}, err
	}
	one, err := h.Clusters.Cluster(ctx, itoa(op.ClusterID))
	return keep(ctx, op), clusterSubject(one), err
}

func (h *Handler) ofRole(ctx context.Context, param func(string) string) (context.Context, auth.Subject, error) {
	role, err := h.roleNamed(ctx, param("role"))
	return keep(ctx, role), roleSubject(role), err
}

func (h *Handler) ofRun(ctx context.Context, param func(string) string) (context.Context, auth.Subject, error) {
	run, err := h.runNamed(ctx, param("run"))
	return keep(ctx, run), runSubject(run), err
}

// The owners of things that have no page of their own in a group or project.
func clusterSubject(c cluster.Cluster) auth.Subject {
	return auth.Subject{GroupID: c.GroupID, ProjectID: c.ProjectID}
}

func roleSubject(r provision.Role) auth.Subject { return auth.Group(r.GroupID) }

func runSubject(r provision.Run) auth.Subject { return auth.Group(r.GroupID) }

// clusterNamed finds a cluster by id or by a name that only one has of those that the caller may see. What he may not
// see neither makes a name ambiguous nor tells that it is taken. An id is found whoever asks: the permission comes next.
func (h *Handler) clusterNamed(ctx context.Context, idOrName string) (cluster.Cluster, error) {
	if isID(idOrName) {
		return h.Clusters.Cluster(ctx, idOrName)
	}
	named, err := h.Clusters.Named(ctx, idOrName)
	if err != nil {
		return cluster.Cluster{}, err
	}
	if named, err = visible(ctx, h, named, auth.ReadCluster, clusterSubject); err != nil {
		return cluster.Cluster{}, err
	}
	return cluster.Only(named)
}

func (h *Handler) roleNamed(ctx context.Context, idOrName string) (provision.Role, error) {
	if isID(idOrName) {
		return h.Provisions.Role(ctx, idOrName)
	}
	named, err := h.Provisions.RolesNamed(ctx, idOrName)
	if err != nil {
		return provision.Role{}, err
	}
	if named, err = visible(ctx, h, named, auth.ReadRole, roleSubject); err != nil {
		return provision.Role{}, err
	}
	return provision.Only(named)
}

func (h *Handler) runNamed(ctx context.Context, idOrName string) (provision.Run, error) {
	if isID(idOrName) {
		return h.Provisions.Run(ctx, idOrName)
	}
	named, err := h.Provisions.RunsNamed(ctx, idOrName)
	if err != nil {
		return provision.Run{}, err
	}
	if named, err = visible(ctx, h, named, auth.ReadRun, runSubject); err != nil {
		return provision.Run{}, err
	}
	return provision.Only(named)
}

// visible leaves what the caller may read.
func visible[T any](ctx context.Context, h *Handler, all []T, read auth.Ability, of func(T) auth.Subject) ([]T, error) {
	var left []T
	may := make(map[auth.Subject]error)
	for _, one := range all {
		on := of(one)
		err, asked := may[on]
		if !asked {
			err = h.check(ctx, read, on)
			may[on] = err
		}
		switch apperr.CodeOf(err) {
		case "":
			left = append(left, one)
		case apperr.NotFound, apperr.Forbidden:
		default:
			return nil, err
		}
	}
	return left, nil
}

// visiblePage reads what the caller may read of a list in order of id, one more than the page holds. It is for short
// lists: what he may not read is read and left out.
func visiblePage[T any](
	ctx context.Context, h *Handler, in PageInput, read func(ctx context.Context, after int64, limit int) ([]T, error),
	id func(T) int64, may auth.Ability, of func(T) auth.Subject,
) ([]T, error) {
	const batch = 100
	var page []T
	for after := in.After; len(page) <= in.Limit; {
		rows, err := read(ctx, after, batch)
		if err != nil {
			return nil, err
		}
		seen, err := visible(ctx, h, rows, may, of)
		if err != nil {
			return nil, err
		}
		page = append(page, seen...)
		if len(rows) < batch {
			break
		}
		after = id(rows[len(rows)-1])
	}
	return page[:min(len(page), in.Limit+1)], nil
}

func isID(s string) bool {
	_, err := strconv.ParseInt(s, 10, 64)
	return err == nil
}

// idOf reads an id; zero, which nothing has, for anything else.
func idOf(s string) int64 {
	id, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0
	}
	return id
}
