package cli

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/roadstead/roadstead/internal/api"
	"github.com/roadstead/roadstead/internal/provision"
)

func (r *run) eks() *cobra.Command {
	return group("eks", "Clusters that Roadstead makes on Amazon EKS",
		r.eksRoles(), r.eksOffers(), r.eksCreate(), r.eksList(), r.eksStatus(), r.eksEvents(), r.eksCancel(), r.eksRetry(),
		r.eksUpgrade(), r.eksInventory(), r.eksDelete(), r.eksForget())
}

func (r *run) eksList() *cobra.Command {
	return r.remote("list", "List clusters on Amazon EKS", cobra.NoArgs, func(ctx context.Context, c *call, _ []string) error {
		found, err := all[api.AWSCluster](ctx, c.client, "/aws/clusters")
		if err != nil {
			return err
		}
		return c.out.show(found, func(t *table) {
			t.row("ID", "NAME", "REGION", "VERSION", "STATE", "PROGRESS", "NODES")
			for _, one := range found.Items {
				t.row(one.ID, one.Spec.Name, one.Spec.Region, one.Spec.KubernetesVersion, one.State,
					strconv.Itoa(one.Percent)+"%", fmt.Sprintf("%d/%d", one.Ready, one.Spec.Nodes.Count))
			}
		})
	})
}

func (r *run) eksStatus() *cobra.Command {
	follow := false
	c := r.remote("status CLUSTER", "Show how far a cluster is", cobra.ExactArgs(1),
		func(ctx context.Context, c *call, args []string) error {
			found, err := get[api.AWSCluster](ctx, c.client, path("aws", "clusters", args[0]))
			if err != nil {
				return err
			}
			if follow {
				return c.followRun(ctx, found, 0)
			}
			return c.out.show(found, func(t *table) { runCard(t, found) })
		})
	c.Flags().BoolVarP(&follow, "follow", "f", false, "wait until it is ready, or is not going to be")
	return c
}

func (r *run) eksEvents() *cobra.Command {
	return r.remote("events CLUSTER", "List what became of the parts of its stack", cobra.ExactArgs(1),
		func(ctx context.Context, c *call, args []string) error {
			found, err := get[api.Items[api.AWSEvent]](ctx, c.client, path("aws", "clusters", args[0], "events")+"?limit=500")
			if err != nil {
				return err
			}
			return c.out.show(found, func(t *table) {
				t.row("TIME", "PART", "TYPE", "STATUS", "REASON")
				for _, e := range found.Items {
					t.row(e.At.Format(time.TimeOnly), e.Part, e.Type, e.Status, why(e.Error))
				}
			})
		})
}

// why is a reason in one cell.
func why(r *api.Reason) string {
	if r == nil {
		return ""
	}
	return r.Title
}

func (r *run) eksCancel() *cobra.Command {
	return r.eksChange("cancel CLUSTER", "Stop making a cluster, and take back what was made", "cancel")
}

func (r *run) eksRetry() *cobra.Command {
	return r.eksChange("retry CLUSTER", "Go on after a failure: with the cluster if it is there, else anew", "retry")
}

// eksChange asks for something and follows it to its end.
func (r *run) eksChange(use, short, action string) *cobra.Command {
	noWait := false
	c := r.remote(use, short, cobra.ExactArgs(1), func(ctx context.Context, c *call, args []string) error {
		now, err := request[api.AWSCluster](ctx, c.client, http.MethodPost, path("aws", "clusters", args[0], action), nil)
		if err != nil {
			return err
		}
		return c.shownRun(ctx, now, noWait)
	})
	noWaitFlag(c, &noWait)
	return c
}

func (r *run) eksUpgrade() *cobra.Command {
	version, noWait := "", false
	c := r.remote("upgrade CLUSTER", "Upgrade by one minor version: the control plane, then the machines", cobra.ExactArgs(1),
		func(ctx context.Context, c *call, args []string) error {
			wanted := struct {
				Version string `json:"version"`
			}{version}
			now, err := request[api.AWSCluster](ctx, c.client, http.MethodPost, path("aws", "clusters", args[0], "upgrade"), wanted)
			if err != nil {
				return err
			}
			return c.shownRun(ctx, now, noWait)
		})
	c.Flags().StringVar(&version, "kubernetes", "", "the version to go to, such as 1.37")
	_ = c.MarkFlagRequired("kubernetes") // the flag exists
	noWaitFlag(c, &noWait)
	return c
}

func (r *run) eksInventory() *cobra.Command {
	return r.remote("inventory CLUSTER", "Show what a deletion would meet, and what would stay and cost", cobra.ExactArgs(1),
		func(ctx context.Context, c *call, args []string) error {
			found, err := c.inventory(ctx, args[0])
			if err != nil {
				return err
			}
			return c.out.show(found, func(t *table) { inventoryCard(t, found) })
		})
}

// inventory waits for a look that is no older than a minute.
func (c *call) inventory(ctx context.Context, name string) (found provision.Inventory, err error) {
	run, err := get[api.AWSCluster](ctx, c.client, path("aws", "clusters", name))
	if err != nil {
		return found, err
	}
	asked := time.Now().Add(-time.Minute)
	at := path("aws", "clusters", strconv.FormatInt(run.ID, 10), "inventory")
	err = watch(ctx, c.client, at, []string{run.Topic}, func(now provision.Inventory) (bool, error) {
		found = now
		c.progress.run("inventory", "looking at the account and the cluster")
		return now.CheckedAt.After(asked), nil
	})
	c.progress.stop()
	return found, err
}

func inventoryCard(t *table, i provision.Inventory) {
	t.row("KIND", "WHAT", "USD A MONTH, ABOUT")
	for _, b := range i.Balancers {
		t.row("in the cluster", b, "")
	}
	for _, v := range i.Volumes {
		t.row("in the cluster", v, "")
	}
	for _, b := range i.Billed {
		t.row(b.Kind, b.ID, fmt.Sprintf("%.0f", b.USDMonth))
	}
	if i.Code != "" {
		t.line("Not everything could be seen: " + string(i.Code) + ".")
	}
}

func (r *run) eksDelete() *cobra.Command {
	var wanted struct {
		confirm string
		retain  []string
		lb      bool
		force   bool
		noWait  bool
	}
	c := r.remote("delete CLUSTER", "Delete a cluster in the account", cobra.ExactArgs(1),
		func(ctx context.Context, c *call, args []string) error {
			query := url.Values{
				"confirm": {wanted.confirm}, "load_balancers": {strconv.FormatBool(wanted.lb)}, "force": {strconv.FormatBool(wanted.force)},
			}
			for _, part := range wanted.retain {
				query.Add("retain", part)
			}
			now, err := request[api.AWSCluster](ctx, c.client, http.MethodDelete, path("aws", "clusters", args[0])+"?"+query.Encode(), nil)
			if err != nil {
				return err
			}
			return c.shownRun(ctx, now, wanted.noWait)
		})
	c.Long = "Deletes the stack with everything in it. `roadstead eks inventory` shows first what the cluster holds beside it:\n" +
		"load balancers keep its network from being deleted, and volumes stay and cost."
	c.Flags().StringVar(&wanted.confirm, "confirm", "", "the name of the cluster, to show that it is meant")
	c.Flags().BoolVar(&wanted.lb, "load-balancers", false, "remove Services, Ingresses and Gateways with load balancers first")
	c.Flags().StringSliceVar(&wanted.retain, "retain", nil, "parts to leave in the account, once their deletion failed")
	c.Flags().BoolVar(&wanted.force, "force", false, "leave in the account whatever cannot be deleted")
	noWaitFlag(c, &wanted.noWait)
	return c
}

func (r *run) eksForget() *cobra.Command {
	confirm := ""
	c := r.remote("forget CLUSTER", "Forget a cluster, and leave everything in the account as it is", cobra.ExactArgs(1),
		func(ctx context.Context, c *call, args []string) error {
			query := url.Values{"forget": {"true"}, "confirm": {confirm}}
			gone, err := request[api.AWSCluster](ctx, c.client, http.MethodDelete, path("aws", "clusters", args[0])+"?"+query.Encode(), nil)
			if err != nil {
				return err
			}
			return c.out.show(gone, func(t *table) {
				t.line("Cluster " + gone.Spec.Name + " is forgotten. What its stack " + gone.Stack + " holds goes on to cost.")
			})
		})
	c.Flags().StringVar(&confirm, "confirm", "", "the name of the cluster, to show that it is meant")
	return c
}
