package store

import (
	"context"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/provision"
	"github.com/roadstead/roadstead/internal/store/sqlgen"
)

// Role returns one provisioning role.
func (s Provision) Role(ctx context.Context, id int64) (provision.Role, error) {
	row, err := s.db.reader().ProvisionRole(ctx, id)
	return roleOf(row), doing(err, "read provisioning role %d", id)
}

// Roles lists provisioning roles in order of id, after the given one.
func (s Provision) Roles(ctx context.Context, after int64, limit int) ([]provision.Role, error) {
	rows, err := s.db.reader().ProvisionRoles(ctx, sqlgen.ProvisionRolesParams{ID: after, Limit: int32(limit)})
	return each(rows, roleOf), doing(err, "list provisioning roles")
}

// RolesByName lists the roles of that name.
func (s Provision) RolesByName(ctx context.Context, name string) ([]provision.Role, error) {
	rows, err := s.db.reader().ProvisionRolesByName(ctx, name)
	return each(rows, roleOf), doing(err, "list provisioning roles by name")
}

// Role reads the row for a change.
func (t provisionTx) Role(ctx context.Context, id int64) (provision.Role, error) {
	row, err := t.LockProvisionRole(ctx, id)
	return roleOf(row), doing(err, "lock provisioning role %d", id)
}

// RolesByARN lists the roles of that ARN.
func (t provisionTx) RolesByARN(ctx context.Context, arn string) ([]provision.Role, error) {
	rows, err := t.ProvisionRolesByARN(ctx, arn)
	return each(rows, roleOf), doing(err, "list provisioning roles by ARN")
}

// InsertRole stores a new role and returns it with its id.
func (t provisionTx) InsertRole(ctx context.Context, r provision.Role) (_ provision.Role, err error) {
	if r.ID, err = t.NextID(ctx, "provision_roles"); err != nil {
		return r, doing(err, "reserve the id of a provisioning role")
	}
	err = t.InsertProvisionRole(ctx, sqlgen.InsertProvisionRoleParams{
		ID: r.ID, Name: r.Name, Level: string(r.Level), GroupID: optional(r.GroupID), ExternalID: r.ExternalID, Arn: r.ARN,
		StackRoleArn: r.StackRoleARN, AccountID: r.AccountID, PartitionName: r.Partition, Region: r.Region,
		State: string(r.State), Code: string(r.Code), VerifiedAt: stamp(r.VerifiedAt),
		CreatedAt: stamp(r.CreatedAt), UpdatedAt: stamp(r.UpdatedAt), Principal: r.Principal,
	})
	return r, doing(err, "store provisioning role %s", r.Name)
}

// UpdateRole writes everything but name, owner and external id.
func (t provisionTx) UpdateRole(ctx context.Context, r provision.Role) error {
	rows, err := t.UpdateProvisionRole(ctx, sqlgen.UpdateProvisionRoleParams{
		ID: r.ID, Arn: r.ARN, StackRoleArn: r.StackRoleARN, AccountID: r.AccountID, PartitionName: r.Partition,
		Region: r.Region, State: string(r.State), Code: string(r.Code), VerifiedAt: stamp(r.VerifiedAt),
		UpdatedAt: stamp(r.UpdatedAt), Principal: r.Principal,
	})
	return doing(affected(rows, err, apperr.Of(apperr.NotFound)), "change provisioning role %d", r.ID)
}

// DeleteRole deletes a role that no run refers to, and the forms filled with it.
func (t provisionTx) DeleteRole(ctx context.Context, id int64) error {
	rows, err := t.DeleteProvisionRole(ctx, id)
	return doing(affected(rows, err, apperr.Of(apperr.NotFound)), "delete provisioning role %d", id)
}

// RunsOfRole counts the runs that refer to a role.
func (t provisionTx) RunsOfRole(ctx context.Context, roleID int64) (int, error) {
	n, err := t.CountProvisionRunsOfRole(ctx, roleID)
	return int(n), doing(err, "count the runs of provisioning role %d", roleID)
}

func roleOf(r sqlgen.ProvisionRole) provision.Role {
	return provision.Role{
		ID: r.ID, Name: r.Name, Level: cluster.Level(r.Level), GroupID: r.GroupID.Int64, ExternalID: r.ExternalID,
		Principal: r.Principal, ARN: r.Arn, StackRoleARN: r.StackRoleArn, AccountID: r.AccountID, Partition: r.PartitionName, Region: r.Region,
		State: provision.RoleState(r.State), Code: apperr.Code(r.Code), VerifiedAt: moment(r.VerifiedAt),
		CreatedAt: moment(r.CreatedAt), UpdatedAt: moment(r.UpdatedAt),
	}
}
