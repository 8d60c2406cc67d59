package cli

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/roadstead/roadstead/internal/api"
	"github.com/roadstead/roadstead/internal/apperr"
)

// applied is what the command prints.
type applied struct {
	Changes []change `json:"changes"`
	// DryRun says that nothing was done.
	DryRun bool `json:"dry_run"`
}

func (r *run) apply() *cobra.Command {
	var file string
	var dryRun, prune bool
	c := r.remote("apply", "Make groups, projects, members, environments and clusters as a file says", cobra.NoArgs,
		func(ctx context.Context, c *call, _ []string) error {
			org, err := readOrg(file, c.in)
			if err != nil {
				return err
			}
			there, err := readState(ctx, c.client, org, prune)
			if err != nil {
				return err
			}
			env := func(name string) string { return r.setting(name, "") }
			p := planner{file: org, there: there, prune: prune, env: env, now: time.Now()}
			result := applied{Changes: p.plan(), DryRun: dryRun}
			if !dryRun {
				if err := c.apply(ctx, result.Changes); err != nil {
					return err
				}
			}
			if err := c.out.show(result, result.lines); err != nil {
				return err
			}
			return result.left()
		})
	c.Long = "Compares a file with what is there and makes the differences go. What the file does not mention stays, and\n" +
		"nothing is removed without --prune; with it, what is in the file's groups and in none of its lists goes: members,\n" +
		"environments, clusters (left as they stand), projects with their namespaces, groups. A second run changes nothing.\n" +
		"The credentials of clusters are never in the file: token_env names a variable that holds one.\n\n" +
		"It ends with exit code 7 while the file and the server differ: after a dry run that found differences, or\n" +
		"where a cluster waits for its token."
	c.Flags().StringVarP(&file, "file", "f", "", "the file, - for the standard input")
	c.Flags().BoolVar(&dryRun, "dry-run", false, "only show the differences")
	c.Flags().BoolVar(&prune, "prune", false, "remove what the file does not name")
	_ = c.MarkFlagRequired("file") // the flag is there
	return c
}

// apply makes the changes, one after the other. The first that fails ends it: to try again is to apply the file again.
func (c *call) apply(ctx context.Context, changes []change) error {
	for _, one := range changes {
		for _, request := range one.requests {
			if err := c.make(ctx, request); err != nil {
				c.progress.fail("apply", one.String())
				return err
			}
		}
		if one.Sign != signNeeded {
			c.progress.done("apply", one.String())
		}
	}
	return nil
}

func (c *call) make(ctx context.Context, r apiRequest) error {
	if _, err := c.client.text(ctx, r.method, r.path, r.body); err != nil {
		return err
	}
	if r.gone == "" {
		return nil
	}
	return c.gone(ctx, r.gone, r.topic)
}

// lines prints the differences, and their number.
func (a applied) lines(t *table) {
	count := map[string]int{}
	for _, one := range a.Changes {
		t.line(one.String())
		count[one.Sign]++
	}
	if len(a.Changes) == 0 {
		t.line("Everything is as the file says.")
		return
	}
	verb := "done"
	if a.DryRun {
		verb = "to do"
	}
	t.line(fmt.Sprintf("%s: %d to add, %d to change, %d to remove, %d for you.", verb,
		count[signAdd], count[signChange], count[signRemove], count[signNeeded]))
}

// left is the error that says that the file and the server still differ.
func (a applied) left() error {
	needed := slices.ContainsFunc(a.Changes, func(c change) bool { return c.Sign == signNeeded })
	switch {
	case a.DryRun && len(a.Changes) > 0:
		return &differs{api.Reason{
			Code: apperr.Conflict, Title: "The server differs from the file.", Hint: "Run it without --dry-run to end that.",
		}}
	case needed:
		return &differs{api.Reason{
			Code: apperr.Conflict, Title: "Something is left for you to do.", Hint: "The lines that begin with ! say what.",
		}}
	}
	return nil
}

// differs says that something is not as a file wants it.
type differs struct{ api.Reason }

func (d *differs) Error() string { return string(d.Code) + ": " + d.Title }
