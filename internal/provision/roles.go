package provision

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/cluster"
)

// NewRole is what it takes to begin with a role.
type NewRole struct {
	Name    string
	Level   cluster.Level
	GroupID int64
	Region  string
}

// AddRole makes a draft with an external id of its own, for the account's administrator to put into the role's trust.
func (s *Service) AddRole(ctx context.Context, r NewRole) (role Role, err error) {
	r.Name = strings.TrimSpace(r.Name)
	if !roleName.MatchString(r.Name) {
		return Role{}, invalid("name", "A name has 1 to 64 letters, digits and - _ . characters.")
	}
	if r.Level != cluster.Instance && r.Level != cluster.Group || (r.Level == cluster.Group) != (r.GroupID != 0) {
		return Role{}, invalid("level", "A role belongs to the instance or to one group.")
	}
	if err := checkRegion(r.Region); err != nil {
		return Role{}, err
	}
	err = s.Store.Atomically(ctx, func(tx Tx) error {
		role, err = tx.InsertRole(ctx, Role{
			Name: r.Name, Level: r.Level, GroupID: r.GroupID, Region: r.Region, ExternalID: newExternalID(),
			State: RoleDraft, CreatedAt: s.Now(), UpdatedAt: s.Now(),
		})
		if err != nil {
			return err
		}
		if err := tx.Record(ctx, role.entry("role.create")); err != nil {
			return err
		}
		tx.Notify(RolesTopic)
		return tx.Schedule(ctx, role.ref())
	})
	if err != nil {
		return Role{}, fmt.Errorf("add a role: %w", err)
	}
	return role, nil
}

// Registration names the roles that an account's administrator made.
type Registration struct {
	ARN          string
	StackRoleARN string // empty: stacks are made with the sessions of ARN
	Region       string // empty: as it is
}

// RegisterRole gives a role its ARN and has it verified. One ARN may belong to one owner only, so that nobody reaches
// another one's account through us.
func (s *Service) RegisterRole(ctx context.Context, id int64, r Registration) (role Role, err error) {
	arn, err := parseRoleARN("role", r.ARN)
	if err != nil {
		return Role{}, err
	}
	if r.StackRoleARN != "" {
		stack, err := parseRoleARN("stack role", r.StackRoleARN)
		if err != nil {
			return Role{}, err
		}
		if stack.account != arn.account {
			return Role{}, invalid("stack role", "Both roles are of one account.")
		}
	}
	if r.Region != "" {
		if err := checkRegion(r.Region); err != nil {
			return Role{}, err
		}
	}
	err = s.Store.Atomically(ctx, func(tx Tx) error {
		role, err = s.register(ctx, tx, id, r, arn)
		return err
	})
	if err != nil {
		return Role{}, fmt.Errorf("register role %d: %w", id, err)
	}
	return role, nil
}

func (s *Service) register(ctx context.Context, tx Tx, id int64, r Registration, arn roleARN) (Role, error) {
	role, err := tx.Role(ctx, id)
	if err != nil {
		return Role{}, err
	}
	others, err := tx.RolesByARN(ctx, r.ARN)
	if err != nil {
		return Role{}, err
	}
	for _, other := range others {
		if other.ID != id {
			return Role{}, apperr.Of(apperr.CloudRoleTaken)
		}
	}
	if role.ARN != "" && role.AccountID != arn.account {
		used, err := tx.RunsOfRole(ctx, id)
		if err != nil {
			return Role{}, err
		}
		if used > 0 {
			return Role{}, apperr.Of(apperr.CloudRoleInUse)
		}
	}
	role.ARN, role.StackRoleARN, role.AccountID, role.Partition = r.ARN, r.StackRoleARN, arn.account, arn.partition
	if r.Region != "" {
		role.Region = r.Region
	}
	return role, s.verify(ctx, tx, &role, "role.register")
}

// VerifyRole tries a role again.
func (s *Service) VerifyRole(ctx context.Context, id int64) (role Role, err error) {
	err = s.Store.Atomically(ctx, func(tx Tx) error {
		if role, err = tx.Role(ctx, id); err != nil {
			return err
		}
		if role.ARN == "" {
			return apperr.Of(apperr.CloudRoleUnverified)
		}
		return s.verify(ctx, tx, &role, "role.verify")
	})
	if err != nil {
		return Role{}, fmt.Errorf("verify role %d: %w", id, err)
	}
	return role, nil
}

func (s *Service) verify(ctx context.Context, tx Tx, role *Role, action string) error {
	role.State, role.Code, role.UpdatedAt = RoleVerifying, "", s.Now()
	if err := tx.UpdateRole(ctx, *role); err != nil {
		return err
	}
	if err := tx.Record(ctx, role.entry(action)); err != nil {
		return err
	}
	tx.Notify(RolesTopic)
	return tx.Schedule(ctx, role.ref())
}

// RemoveRole forgets a role that no cluster needs.
func (s *Service) RemoveRole(ctx context.Context, id int64) error {
	err := s.Store.Atomically(ctx, func(tx Tx) error {
		role, err := tx.Role(ctx, id)
		if err != nil {
			return err
		}
		used, err := tx.RunsOfRole(ctx, id)
		if err != nil {
			return err
		}
		if used > 0 {
			return apperr.Of(apperr.CloudRoleInUse)
		}
		if err := tx.Record(ctx, role.entry("role.remove")); err != nil {
			return err
		}
		tx.Notify(RolesTopic)
		return tx.DeleteRole(ctx, id)
	})
	if err != nil {
		return fmt.Errorf("remove role %d: %w", id, err)
	}
	return nil
}

type roleARN struct{ partition, account string }

var (
	roleName   = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$`)
	regionName = regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-[0-9]{1,2}$`)
	// A session of a role has another form (assumed-role), which nobody may trust.
	arnText = regexp.MustCompile(`^arn:(aws|aws-cn|aws-us-gov):iam::([0-9]{12}):role/[\w+=,.@/-]{1,512}$`)
)

func parseRoleARN(field, text string) (roleARN, error) {
	m := arnText.FindStringSubmatch(text)
	if m == nil {
		return roleARN{}, invalid(field, "Give the ARN of a role, such as arn:aws:iam::123456789012:role/roadstead/provision.")
	}
	return roleARN{partition: m[1], account: m[2]}, nil
}

func checkRegion(region string) error {
	if !regionName.MatchString(region) {
		return invalid("region", "Give a region such as eu-west-1.")
	}
	return nil
}

func invalid(field, hint string) error {
	e := apperr.Of(apperr.ValidationFailed)
	return e.WithMessage("The " + field + " is not acceptable.").WithHint(hint).With(&FieldError{Field: field})
}
