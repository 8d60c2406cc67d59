package namespace

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/audit"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/event"
	"github.com/roadstead/roadstead/internal/tenant"
	"github.com/roadstead/roadstead/internal/work"
)

// Kinds of work on namespaces.
const (
	Kind           work.Kind = "namespace"
	CredentialKind work.Kind = "credential"
)

// Service answers for namespaces, and writes what workers shall do.
type Service struct {
	Store    Store
	Tenants  Tenants
	Clusters *cluster.Service
	Bus      *event.Bus
	Now      func() time.Time
}

// EnsureRequest asks for the namespace of a project's environment.
type EnsureRequest struct {
	ProjectID   int64
	Environment string
	// Profile is empty for what the namespace has, or Restricted when it is new.
	Profile Profile
}

// Ensure records that the namespace shall stand on the cluster that serves the
// environment, and has a worker see to it. Asking again provisions again.
func (s *Service) Ensure(ctx context.Context, r EnsureRequest) (Namespace, error) {
	if err := checkProfile(r.Profile); err != nil {
		return Namespace{}, err
	}
	project, err := s.Tenants.ProjectByID(ctx, r.ProjectID)
	if err != nil {
		return Namespace{}, fmt.Errorf("find project %d: %w", r.ProjectID, err)
	}
	home, err := s.home(ctx, project, r.Environment)
	if err != nil {
		return Namespace{}, err
	}
	environment, err := s.Tenants.EnsureEnvironment(ctx, project.ID, r.Environment)
	if err != nil {
		return Namespace{}, fmt.Errorf("ensure environment: %w", err)
	}
	return s.record(ctx, wish{home, project, environment, r.Profile})
}

// home is the cluster that serves an environment now.
func (s *Service) home(ctx context.Context, project tenant.Project, environment string) (cluster.Cluster, error) {
	return s.Clusters.Resolve(ctx, project.ID, environment)
}

// record writes the desired namespace and schedules it.
func (s *Service) record(ctx context.Context, w wish) (n Namespace, err error) {
	found, err := s.Store.NamespaceOf(ctx, w.home.ID, w.project.ID, w.owner())
	fresh := apperr.CodeOf(err) == apperr.NotFound
	if err != nil && !fresh {
		return Namespace{}, fmt.Errorf("find namespace: %w", err)
	}
	err = s.Store.Atomically(ctx, func(tx Tx) error {
		n, err = s.put(ctx, tx, found.ID, w)
		return err
	})
	if fresh && apperr.CodeOf(err) == apperr.NamespaceNameTaken {
		if _, gone := s.Store.NamespaceOf(ctx, w.home.ID, w.project.ID, w.owner()); gone == nil {
			return s.record(ctx, w) // somebody else asked for the same meanwhile
		}
	}
	if err != nil {
		return Namespace{}, fmt.Errorf("record namespace: %w", err)
	}
	return n, nil
}

// put inserts a namespace, or renews the one of an id, and schedules it.
func (s *Service) put(ctx context.Context, tx Tx, id int64, w wish) (n Namespace, err error) {
	if id == 0 {
		n, err = s.insert(ctx, tx, w)
	} else {
		n, err = s.renew(ctx, tx, id, w)
	}
	if err != nil {
		return Namespace{}, err
	}
	announce(tx, n)
	if err := tx.Record(ctx, n.entry("namespace.ensure")); err != nil || !n.Managed {
		return n, err
	}
	return n, tx.Schedule(ctx, n.ref())
}

// wish is a namespace as it is asked for.
type wish struct {
	home        cluster.Cluster
	project     tenant.Project
	environment tenant.Environment
	profile     Profile
}

// owner is the environment that the namespace belongs to; zero where a project
// has one for all.
func (w wish) owner() int64 {
	if !w.home.NamespacePerEnvironment {
		return 0
	}
	return w.environment.ID
}

// insert stores a new namespace. In a cluster that is not managed it is only a
// name, and ready as it is: nothing is made there.
func (s *Service) insert(ctx context.Context, tx Tx, w wish) (Namespace, error) {
	now := s.Now()
	n := Namespace{
		ClusterID: w.home.ID, ProjectID: w.project.ID, EnvironmentID: w.owner(), Managed: w.home.Managed,
		Name: Name(w.home, w.project, w.environment), Profile: w.profile,
		State: Pending, Generation: 1, CreatedAt: now, UpdatedAt: now,
	}
	if n.Profile == "" {
		n.Profile = Restricted
	}
	if n.Managed {
		if err := checkReserved(n.Name); err != nil {
			return Namespace{}, err
		}
		n.ServiceAccount = ServiceAccountName(n.Name)
	} else {
		n.State, n.ReadyAt = Ready, now
	}
	n, err := tx.InsertNamespace(ctx, n)
	if apperr.CodeOf(err) == apperr.AlreadyExists {
		return Namespace{}, apperr.Of(apperr.NamespaceNameTaken).With(err)
	}
	return n, err
}

// renew has a namespace provisioned anew. One whose cluster is not managed any
// more stays as it is; one that was only a name becomes ours once it is.
func (s *Service) renew(ctx context.Context, tx Tx, id int64, w wish) (Namespace, error) {
	n, err := tx.Namespace(ctx, id)
	switch {
	case err != nil:
		return Namespace{}, err
	case n.State == Removing:
		return Namespace{}, apperr.Of(apperr.NamespaceTerminating)
	case !n.Managed: // nothing of it is ours
		if err := tx.DeleteNamespace(ctx, id); err != nil {
			return Namespace{}, err
		}
		return s.insert(ctx, tx, w)
	case !w.home.Managed:
		return Namespace{}, apperr.Of(apperr.Conflict).WithMessage("The cluster is not managed by Roadstead any more.").
			WithHint("The namespace stands as it was made. Remove it, or let the cluster be managed again.")
	}
	if w.profile != "" {
		n.Profile = w.profile
	}
	n.State, n.Code, n.UpdatedAt = Pending, "", s.Now()
	n.Generation++
	return n, tx.UpdateNamespace(ctx, n)
}

// Namespace finds the namespace of a project's environment: the one on the
// cluster that serves it now, else the one that was made last.
func (s *Service) Namespace(ctx context.Context, projectID int64, environment string) (Namespace, error) {
	e, err := s.Tenants.Environment(ctx, projectID, environment)
	if err != nil {
		return Namespace{}, fmt.Errorf("find environment %q: %w", environment, err)
	}
	all, err := s.Store.NamespacesOfProject(ctx, projectID)
	if err != nil {
		return Namespace{}, fmt.Errorf("list namespaces of project %d: %w", projectID, err)
	}
	all = slices.DeleteFunc(all, func(n Namespace) bool { return n.EnvironmentID != e.ID && n.EnvironmentID != 0 })
	switch len(all) {
	case 0:
		return Namespace{}, apperr.Of(apperr.NotFound).WithHint("Make it with `roadstead namespace ensure`.")
	case 1:
		return all[0], nil
	}
	return s.choose(ctx, all, e)
}

// ByID finds a namespace by its id.
func (s *Service) ByID(ctx context.Context, id int64) (Namespace, error) {
	return s.Store.Namespace(ctx, id)
}

// Named finds a namespace by its name in a cluster.
func (s *Service) Named(ctx context.Context, clusterID int64, name string) (Namespace, error) {
	return s.Store.NamespaceNamed(ctx, clusterID, name)
}

// choose picks among the namespaces that an environment has on several
// clusters, as it does once another cluster serves it.
func (s *Service) choose(ctx context.Context, all []Namespace, e tenant.Environment) (Namespace, error) {
	project, err := s.Tenants.ProjectByID(ctx, e.ProjectID)
	if err != nil {
		return Namespace{}, fmt.Errorf("find project %d: %w", e.ProjectID, err)
	}
	home, err := s.home(ctx, project, e.Name)
	if err != nil && apperr.CodeOf(err) != apperr.NamespaceNoCluster {
		return Namespace{}, err
	}
	if i := slices.IndexFunc(all, func(n Namespace) bool { return n.ClusterID == home.ID }); i >= 0 {
		return all[i], nil
	}
	return all[len(all)-1], nil
}

// OfProject lists a project's namespaces.
func (s *Service) OfProject(ctx context.Context, projectID int64) ([]Namespace, error) {
	return s.Store.NamespacesOfProject(ctx, projectID)
}

// OfCluster lists a cluster's namespaces.
func (s *Service) OfCluster(ctx context.Context, clusterID int64) ([]Namespace, error) {
	return s.Store.NamespacesOfCluster(ctx, clusterID)
}

// Remove has a worker take the namespace and all that is in it out of its
// cluster.
func (s *Service) Remove(ctx context.Context, id int64) (n Namespace, err error) {
	err = s.Store.Atomically(ctx, func(tx Tx) error {
		n, err = Remove(ctx, tx, id, s.Now())
		return err
	})
	if err != nil {
		return Namespace{}, fmt.Errorf("remove namespace %d: %w", id, err)
	}
	return n, nil
}

// Remove is what [Service.Remove] does, as a part of somebody's transaction.
func Remove(ctx context.Context, tx Tx, id int64, now time.Time) (Namespace, error) {
	n, err := tx.Namespace(ctx, id)
	if err != nil {
		return Namespace{}, err
	}
	n.State, n.Code, n.UpdatedAt = Removing, "", now
	n.Generation++
	if err := tx.UpdateNamespace(ctx, n); err != nil {
		return Namespace{}, err
	}
	announce(tx, n)
	if err := tx.Record(ctx, n.entry("namespace.remove")); err != nil {
		return Namespace{}, err
	}
	return n, tx.Schedule(ctx, n.ref())
}

// Clear asks for the removal of every namespace of a cluster and reports
// whether none is left.
func (s *Service) Clear(ctx context.Context, clusterID int64) (bool, error) {
	all, err := s.Store.NamespacesOfCluster(ctx, clusterID)
	if err != nil {
		return false, fmt.Errorf("list namespaces of cluster %d: %w", clusterID, err)
	}
	for _, n := range all {
		if n.State == Removing {
			continue
		}
		if _, err := s.Remove(ctx, n.ID); err != nil {
			return false, err
		}
	}
	return len(all) == 0, nil
}

func (n Namespace) ref() work.Ref {
	return work.Ref{Kind: Kind, Object: n.ID, Cluster: n.ClusterID}
}

// entry is what is recorded of an act on the namespace.
func (n Namespace) entry(action string) audit.Entry {
	e := audit.Entry{
		Action: action, Object: audit.Object{Kind: "namespace", ID: n.ID, Name: n.Name}, ProjectID: n.ProjectID,
		Detail: map[string]string{"cluster_id": strconv.FormatInt(n.ClusterID, 10), "profile": string(n.Profile)},
	}
	if n.Code != "" {
		e.Detail["code"] = string(n.Code)
	}
	return e
}

// announce tells everybody who follows the namespace or its project.
func announce(tx Tx, n Namespace) {
	tx.Notify("namespace/" + strconv.FormatInt(n.ID, 10))
	tx.Notify("project/" + strconv.FormatInt(n.ProjectID, 10))
}

func checkProfile(p Profile) error {
	switch p {
	case "", Restricted, Baseline, GitLab:
		return nil
	}
	return apperr.Of(apperr.ValidationFailed).
		WithMessage("There is no such profile.").WithHint("Use restricted, baseline or gitlab.")
}
