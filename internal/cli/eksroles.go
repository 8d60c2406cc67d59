package cli

import (
	"context"
	"net/http"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/roadstead/roadstead/internal/api"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/provision"
)

func (r *run) eksRoles() *cobra.Command {
	return group("role", "Roles that let Roadstead into an account of AWS",
		r.eksRoleAdd(), r.eksRoleTemplate(), r.eksRoleRegister(), r.eksRoleVerify(), r.eksRoleList(), r.eksRoleRemove())
}

func (r *run) eksRoleAdd() *cobra.Command {
	wanted := api.NewAWSRole{Level: cluster.Instance}
	c := r.remote("add NAME", "Begin with a role: makes its external id and tells what to run in the account", cobra.ExactArgs(1),
		func(ctx context.Context, c *call, args []string) error {
			wanted.Name = args[0]
			if wanted.Group != "" {
				wanted.Level = cluster.Group
			}
			role, err := request[api.AWSRole](ctx, c.client, http.MethodPost, "/aws/roles?wait=10s", wanted)
			if err != nil {
				return err
			}
			return c.out.show(role, func(t *table) {
				roleCard(t, role)
				if role.Command != "" {
					t.line("\nRun this in the account, then register the ARNs of its outputs:\n")
					t.line("  roadstead eks role template > bootstrap.yaml")
					t.line("  " + role.Command)
					if role.QuickCreateURL != "" {
						t.line("  or open " + role.QuickCreateURL)
					}
					t.line("  roadstead eks role register " + role.Name + " ARN --stack-role ARN")
				}
			})
		})
	c.Flags().StringVar(&wanted.Group, "group", "", "the group that the role belongs to (default: the instance)")
	c.Flags().StringVar(&wanted.Region, "region", "eu-west-1", "where the role is tried, and the default of clusters")
	return c
}

func (r *run) eksRoleTemplate() *cobra.Command {
	return r.remote("template", "Print the CloudFormation template that makes the roles", cobra.NoArgs,
		func(ctx context.Context, c *call, _ []string) error {
			text, err := c.client.text(ctx, http.MethodGet, "/aws/bootstrap", nil)
			if err != nil {
				return err
			}
			return c.out.manifest(text)
		})
}

func (r *run) eksRoleRegister() *cobra.Command {
	wanted := api.RegisterAWSRole{}
	c := r.remote("register ROLE ARN", "Give a role its ARN, and verify it", cobra.ExactArgs(2),
		func(ctx context.Context, c *call, args []string) error {
			wanted.ARN = args[1]
			role, err := request[api.AWSRole](ctx, c.client, http.MethodPut, path("aws", "roles", args[0]), wanted)
			if err != nil {
				return err
			}
			return c.verified(ctx, role)
		})
	c.Flags().StringVar(&wanted.StackRoleARN, "stack-role", "", "the role that CloudFormation works as")
	c.Flags().StringVar(&wanted.Region, "region", "", "another region than the one given before")
	return c
}

func (r *run) eksRoleVerify() *cobra.Command {
	return r.remote("verify ROLE", "Try a role: it must let Roadstead in, but not without its external id", cobra.ExactArgs(1),
		func(ctx context.Context, c *call, args []string) error {
			role, err := request[api.AWSRole](ctx, c.client, http.MethodPost, path("aws", "roles", args[0], "verify"), nil)
			if err != nil {
				return err
			}
			return c.verified(ctx, role)
		})
}

// verified waits until a role was tried, and shows it.
func (c *call) verified(ctx context.Context, role api.AWSRole) error {
	at := path("aws", "roles", strconv.FormatInt(role.ID, 10))
	err := watch(ctx, c.client, at, []string{role.Topic}, func(now api.AWSRole) (bool, error) {
		role = now
		c.progress.run("verify", "assuming the role with and without its external id")
		return now.State != provision.RoleVerifying, nil
	})
	c.progress.stop()
	if err != nil {
		return err
	}
	if err := c.out.show(role, func(t *table) { roleCard(t, role) }); err != nil {
		return err
	}
	if role.State == provision.RoleRefused {
		return failed(role.Error)
	}
	return nil
}

func (r *run) eksRoleList() *cobra.Command {
	return r.remote("list", "List roles", cobra.NoArgs, func(ctx context.Context, c *call, _ []string) error {
		found, err := all[api.AWSRole](ctx, c.client, "/aws/roles")
		if err != nil {
			return err
		}
		return c.out.show(found, func(t *table) {
			t.row("ID", "NAME", "ACCOUNT", "REGION", "STATE", "ARN")
			for _, one := range found.Items {
				t.row(one.ID, one.Name, one.AccountID, one.Region, one.State, one.ARN)
			}
		})
	})
}

func (r *run) eksRoleRemove() *cobra.Command {
	return r.remote("remove ROLE", "Forget a role that no cluster needs", cobra.ExactArgs(1),
		func(ctx context.Context, c *call, args []string) error {
			role, err := request[api.AWSRole](ctx, c.client, http.MethodDelete, path("aws", "roles", args[0]), nil)
			if err != nil {
				return err
			}
			return c.out.show(role, func(t *table) { t.line("Role " + role.Name + " is forgotten.") })
		})
}

func roleCard(t *table, r api.AWSRole) {
	t.row("role", r.Name)
	t.row("state", r.State)
	if r.Error != nil {
		t.row("reason", reason(r.Error))
	}
	t.row("region", r.Region)
	t.row("external id", r.ExternalID)
	t.row("our account", r.Principal)
	t.row("arn", r.ARN)
	t.row("stack role", r.StackRoleARN)
}
