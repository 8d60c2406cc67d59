package tenant

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/audit"
)

// maxURL is the longest external address, as with the predecessor.
const maxURL = 255

// CreateEnvironment makes an environment, which must not exist.
func (s *Service) CreateEnvironment(ctx context.Context, n NewEnvironment) (Environment, error) {
	e, made, err := s.makeEnvironment(ctx, n)
	if err == nil && !made {
		err = fmt.Errorf("create environment %s: %w", n.Name, apperr.Of(apperr.AlreadyExists))
	}
	return e, err
}

// EnsureEnvironment returns the environment of that name, made when missing.
func (s *Service) EnsureEnvironment(ctx context.Context, projectID int64, name string) (Environment, error) {
	if err := validateEnvironmentName(name); err != nil {
		return Environment{}, err
	}
	e, err := s.Store.EnvironmentByName(ctx, projectID, name)
	if apperr.CodeOf(err) == apperr.NotFound {
		e, _, err = s.makeEnvironment(ctx, NewEnvironment{ProjectID: projectID, Name: name})
	}
	return e, err
}

func (s *Service) makeEnvironment(ctx context.Context, n NewEnvironment) (e Environment, made bool, err error) {
	if err := validateEnvironmentName(n.Name); err != nil {
		return Environment{}, false, err
	}
	if n.Tier == "" {
		n.Tier = GuessTier(n.Name)
	}
	now := s.Now()
	e = Environment{
		ProjectID: n.ProjectID, Name: n.Name, Slug: EnvironmentSlug(n.Name), Tier: n.Tier, State: Available,
		ExternalURL: strings.TrimSpace(n.ExternalURL), CreatedAt: now, UpdatedAt: now,
	}
	if err := e.validate(); err != nil {
		return Environment{}, false, err
	}
	err = s.Store.Atomically(ctx, func(tx Tx) error {
		if e, made, err = tx.EnsureEnvironment(ctx, e); err != nil || !made {
			return err
		}
		return recordEnvironment(ctx, tx, "environment.create", e, nil)
	})
	if err != nil {
		return Environment{}, false, fmt.Errorf("make environment %s of project %d: %w", n.Name, n.ProjectID, err)
	}
	return e, made, nil
}

// Environment finds an environment by its name.
func (s *Service) Environment(ctx context.Context, projectID int64, name string) (Environment, error) {
	return s.Store.EnvironmentByName(ctx, projectID, name)
}

// EnvironmentByID finds an environment of a project by id.
func (s *Service) EnvironmentByID(ctx context.Context, projectID, id int64) (Environment, error) {
	e, err := s.Store.Environment(ctx, id)
	if err == nil && e.ProjectID != projectID {
		err = fmt.Errorf("find environment %d in project %d: %w", id, projectID, apperr.Of(apperr.NotFound))
	}
	if err != nil {
		return Environment{}, err
	}
	return e, nil
}

// Environments lists all of a project's environments by name.
func (s *Service) Environments(ctx context.Context, projectID int64) ([]Environment, error) {
	return s.Store.Environments(ctx, projectID)
}

// ListEnvironments lists some of a project's environments.
func (s *Service) ListEnvironments(ctx context.Context, q EnvironmentQuery) ([]Environment, error) {
	return s.Store.ListEnvironments(ctx, q)
}

// CountEnvironments counts what ListEnvironments lists on all pages, and
// reports whether there are more than MaxCount.
func (s *Service) CountEnvironments(ctx context.Context, q EnvironmentQuery) (n int, more bool, err error) {
	q.Page = all()
	return counted(s.Store.CountEnvironments(ctx, q))
}

// UpdateEnvironment changes an environment's tier or address.
func (s *Service) UpdateEnvironment(ctx context.Context, id int64, c EnvironmentChange) (Environment, error) {
	return s.changeEnvironment(ctx, id, "environment.update", func(e *Environment) (what changed) {
		tier := string(e.Tier)
		what = what.set("tier", (*string)(c.Tier), &tier)
		e.Tier = Tier(tier)
		return what.set("external_url", trimmed(c.ExternalURL), &e.ExternalURL)
	})
}

// StopEnvironment takes an environment out of use: no new credentials are given
// out for it. Nothing is taken away.
func (s *Service) StopEnvironment(ctx context.Context, id int64) (Environment, error) {
	return s.changeEnvironment(ctx, id, "environment.stop", turn(Stopped))
}

// StartEnvironment takes a stopped environment into use again.
func (s *Service) StartEnvironment(ctx context.Context, id int64) (Environment, error) {
	return s.changeEnvironment(ctx, id, "environment.start", turn(Available))
}

func turn(to EnvironmentState) func(e *Environment) changed {
	return func(e *Environment) (what changed) {
		state := string(e.State)
		what = what.set("state", (*string)(&to), &state)
		e.State = EnvironmentState(state)
		return what
	}
}

func (s *Service) changeEnvironment(
	ctx context.Context, id int64, action string, change func(e *Environment) changed,
) (e Environment, err error) {
	err = s.Store.Atomically(ctx, func(tx Tx) error {
		if e, err = tx.Environment(ctx, id); err != nil {
			return err
		}
		what := change(&e)
		if len(what) == 0 {
			return nil
		}
		if err := e.validate(); err != nil {
			return err
		}
		e.UpdatedAt = s.Now()
		if err := tx.UpdateEnvironment(ctx, e); err != nil {
			return err
		}
		return recordEnvironment(ctx, tx, action, e, map[string]string{"changed": what.String()})
	})
	if err != nil {
		return Environment{}, fmt.Errorf("change environment %d: %w", id, err)
	}
	return e, nil
}

// DeleteEnvironment forgets a stopped environment without namespaces.
func (s *Service) DeleteEnvironment(ctx context.Context, id int64) error {
	err := s.Store.Atomically(ctx, func(tx Tx) error {
		e, err := tx.Environment(ctx, id)
		if err != nil {
			return err
		}
		if e.State != Stopped {
			return apperr.Of(apperr.Conflict).WithMessage("The environment is in use.").WithHint("Stop it first.")
		}
		left, err := tx.NamespacesOfEnvironment(ctx, id)
		if err != nil {
			return err
		}
		if left > 0 {
			return apperr.Of(apperr.Conflict).WithMessage("The environment still has a namespace in a cluster.").
				WithHint("Remove the namespace first.")
		}
		if err := tx.DeleteEnvironment(ctx, id); err != nil {
			return err
		}
		return recordEnvironment(ctx, tx, "environment.delete", e, nil)
	})
	if err != nil {
		return fmt.Errorf("delete environment %d: %w", id, err)
	}
	return nil
}

func (e Environment) validate() error {
	if !slices.Contains(Tiers(), e.Tier) {
		return invalid("tier", fmt.Sprintf("It is one of %v.", Tiers()))
	}
	if e.ExternalURL == "" {
		return nil
	}
	address, err := url.Parse(e.ExternalURL)
	if err != nil || address.Scheme != "http" && address.Scheme != "https" || address.Host == "" ||
		address.User != nil || len(e.ExternalURL) > maxURL {
		return invalid("external URL", fmt.Sprintf("It begins with http:// or https://, and has at most %d characters.", maxURL))
	}
	return nil
}

func recordEnvironment(ctx context.Context, tx RecordTx, action string, e Environment, detail map[string]string) error {
	tx.Notify("project/" + strconv.FormatInt(e.ProjectID, 10))
	return tx.Record(ctx, audit.Entry{
		Action: action, Object: audit.Object{Kind: "environment", ID: e.ID, Name: e.Name}, ProjectID: e.ProjectID, Detail: detail,
	})
}
