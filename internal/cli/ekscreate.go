package cli

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/roadstead/roadstead/internal/api"
	"github.com/roadstead/roadstead/internal/provision"
)

func (r *run) eksOffers() *cobra.Command {
	region := ""
	c := r.remote("offers ROLE", "Show what a cluster can be made of in a region", cobra.ExactArgs(1),
		func(ctx context.Context, c *call, args []string) error {
			at := path("aws", "roles", args[0], "offers") + "?wait=30s&region=" + region
			offers, err := get[api.AWSOffers](ctx, c.client, at)
			if err != nil {
				return err
			}
			if offers.AsOf.IsZero() && offers.Error != nil {
				return failed(offers.Error)
			}
			return c.out.show(offers, func(t *table) { offersCard(t, offers) })
		})
	c.Flags().StringVar(&region, "region", "", "the region (default: the role's)")
	return c
}

func offersCard(t *table, o api.AWSOffers) {
	t.row("VERSION", "STANDARD SUPPORT UNTIL")
	for _, v := range o.Versions {
		name := v.Version
		if v.Default {
			name += " (default)"
		}
		t.row(name, v.SupportEnds.Format(time.DateOnly))
	}
	t.line("")
	t.row("NETWORK", "SUBNET", "ZONE", "FREE")
	for _, n := range o.Networks {
		for _, s := range n.Subnets {
			t.row(n.ID+" "+n.Name, s.ID, s.Zone, s.Free)
		}
	}
}

func (r *run) eksCreate() *cobra.Command {
	role, arch, noWait := "", string(provision.AMD64), false
	wanted := api.NewAWSCluster{}
	s := &wanted.Spec
	c := r.remote("create NAME", "Make a cluster on Amazon EKS", cobra.ExactArgs(1),
		func(ctx context.Context, c *call, args []string) error {
			wanted.Role, s.Name, s.Nodes.Architecture = role, args[0], provision.Architecture(arch)
			if s.Region == "" {
				found, err := get[api.AWSRole](ctx, c.client, path("aws", "roles", role))
				if err != nil {
					return err
				}
				s.Region = found.Region
			}
			now, err := request[api.AWSCluster](ctx, c.client, http.MethodPost, "/aws/clusters", wanted)
			if err != nil {
				return err
			}
			return c.shownRun(ctx, now, noWait)
		})
	c.Long = fmt.Sprintf("Makes a cluster in the account of a role. It costs %.2f USD an hour and what its machines cost, from the first\n"+
		"hour until it is deleted: --accept-cost says that this is known. `roadstead eks offers` shows what there is to choose.",
		provision.ControlPlanePerHour)
	flags := c.Flags()
	flags.StringVar(&role, "role", "", "the role that lets Roadstead into the account")
	_ = c.MarkFlagRequired("role") // the flag exists
	flags.StringVar(&s.Region, "region", "", "the region (default: the role's)")
	flags.StringVar(&s.KubernetesVersion, "kubernetes", "", "the minor version, such as 1.36")
	flags.StringVar(&s.EnvironmentScope, "scope", "*", "which environments it serves")
	flags.BoolVar(&s.Network.Create, "new-network", false, "make a network for it")
	flags.StringVar(&s.Network.CIDR, "cidr", "", "the address range of a new network (default 10.0.0.0/16)")
	flags.StringVar(&s.Network.VPCID, "vpc", "", "the id of an existing network")
	flags.StringSliceVar(&s.Network.SubnetIDs, "subnets", nil, "ids of its subnets, in two zones or more")
	flags.StringSliceVar(&s.Network.SecurityGroupIDs, "security-groups", nil, "ids of security groups")
	flags.StringVar(&s.Nodes.InstanceType, "instance-type", "m7i.large", "the type of machine")
	flags.StringVar(&arch, "architecture", arch, "amd64 or arm64")
	flags.IntVar(&s.Nodes.Count, "nodes", 3, "the number of machines")
	flags.IntVar(&s.Nodes.DiskGB, "disk", 20, "the size of their disks, in GB")
	flags.StringSliceVar(&s.PublicCIDRs, "allow", nil, "networks that may reach the API server (default: all)")
	flags.StringToStringVar(&s.Tags, "tags", nil, "tags of yours, as KEY=VALUE")
	flags.BoolVar(&s.KeepFailed, "keep-failed", false, "leave what was made when the creation fails, to look at it")
	flags.BoolVar(&wanted.AcceptCost, "accept-cost", false, "it costs until it is deleted, and that is wanted")
	noWaitFlag(c, &noWait)
	return c
}

// shownRun shows a cluster, after following it to the end of what is under way.
func (c *call) shownRun(ctx context.Context, now api.AWSCluster, noWait bool) error {
	if noWait {
		return c.out.show(now, func(t *table) { runCard(t, now) })
	}
	at := path("aws", "clusters", strconv.FormatInt(now.ID, 10))
	before, err := get[api.Items[api.AWSEvent]](ctx, c.client, at+"/events?limit=500")
	if err != nil {
		return err
	}
	seen := int64(0) // what became of the cluster earlier is not news
	if n := len(before.Items); n > 0 {
		seen = before.Items[n-1].Seq
	}
	return c.followRun(ctx, now, seen)
}

// followRun shows what becomes of each part of the stack after the event seen last, and the cluster at the end.
func (c *call) followRun(ctx context.Context, now api.AWSCluster, seen int64) error {
	at := path("aws", "clusters", strconv.FormatInt(now.ID, 10))
	err := watch(ctx, c.client, at, []string{now.Topic}, func(fresh api.AWSCluster) (done bool, err error) {
		now = fresh
		if seen, err = c.showEvents(ctx, at, seen); err != nil {
			return false, err
		}
		c.progress.run(string(now.State), runningLine(now))
		return now.Final, nil
	})
	c.progress.stop()
	if err != nil {
		return err
	}
	if err := c.out.show(now, func(t *table) { runCard(t, now) }); err != nil {
		return err
	}
	if now.Failure != nil {
		return failed(&now.Failure.Reason)
	}
	return nil
}

func runningLine(c api.AWSCluster) string {
	line := strconv.Itoa(c.Percent) + "%"
	if c.Remaining > 0 {
		line += ", about " + (time.Duration(c.Remaining) * time.Second).Round(time.Minute).String() + " left"
	}
	return line
}

// showEvents shows the parts that were finished or failed since the event seen last.
func (c *call) showEvents(ctx context.Context, at string, seen int64) (int64, error) {
	events, err := get[api.Items[api.AWSEvent]](ctx, c.client, at+"/events?limit=500&after="+strconv.FormatInt(seen, 10))
	if err != nil {
		return seen, err
	}
	for _, e := range events.Items {
		seen = e.Seq
		switch e.Status {
		case provision.PartCreated, provision.PartUpdated, provision.PartDeleted:
			c.progress.done(e.Part+" "+string(e.Status), strings.TrimPrefix(e.Type, "AWS::"))
		case provision.PartFailed:
			c.progress.fail(e.Part+" "+string(e.Status), why(e.Error))
		default: // not finished yet
		}
	}
	return seen, nil
}

func runCard(t *table, c api.AWSCluster) {
	t.row("cluster", c.Spec.Name)
	t.row("state", c.State)
	t.row("region", c.Spec.Region)
	t.row("version", c.Spec.KubernetesVersion)
	t.row("stack", c.Stack)
	t.row("progress", strconv.Itoa(c.Percent)+"%")
	t.row("nodes ready", fmt.Sprintf("%d of %d", c.Ready, c.Spec.Nodes.Count))
	if c.Warning != nil {
		t.row("warning", reason(c.Warning))
	}
	if c.Failure != nil {
		t.row("failed at", c.Failure.ResourceType)
		t.row("reason", reason(&c.Failure.Reason))
		t.row("may not", c.Failure.Action)
		t.row("log", c.Failure.CorrelationID)
	}
	for _, f := range c.Findings {
		if !f.OK {
			t.row("finding "+f.Check, why(f.Error))
		}
	}
	for _, part := range c.Stuck {
		t.row("not deleted", part)
	}
	for _, b := range c.Left {
		t.row("left", fmt.Sprintf("%s %s", b.Kind, b.ID))
	}
}
