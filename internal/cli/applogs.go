package cli

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/roadstead/roadstead/internal/api"
	"github.com/roadstead/roadstead/internal/apperr"
)

func (r *run) appLogs() *cobra.Command {
	cluster, operation, follow := "", int64(0), false
	c := r.remote("logs NAME", "Print the log of an application's latest operation", cobra.ExactArgs(1),
		func(ctx context.Context, c *call, args []string) error {
			id := operation
			if id == 0 {
				app, err := get[api.Application](ctx, c.client, path("clusters", cluster, "applications", args[0]))
				if err != nil {
					return err
				}
				id = app.OperationID
			}
			if id == 0 {
				return apperr.Of(apperr.NotFound).WithMessage("The application was never installed on this cluster.").
					WithHint("The log of an earlier operation is found by its id: --operation.")
			}
			if follow {
				lines := follower{client: c.client, line: c.logLine, changed: func(api.Operation) {}}
				_, err := lines.follow(ctx, id)
				return err
			}
			return c.log(ctx, id)
		})
	clusterFlag(c, &cluster)
	c.Flags().BoolVarP(&follow, "follow", "f", false, "print lines as they come, until the operation ends")
	c.Flags().Int64Var(&operation, "operation", 0, "id of an earlier operation")
	return c
}

// log prints what there is of a log.
func (c *call) log(ctx context.Context, id int64) error {
	var whole api.LogPage
	for after := int64(0); ; {
		page, err := get[api.LogPage](ctx, c.client, fmt.Sprintf("%s/log?after=%d", operationPath(id), after))
		if err != nil {
			return err
		}
		whole.Items, whole.Final = append(whole.Items, page.Items...), page.Final
		if after = page.Next; after == 0 {
			break
		}
	}
	if c.out.format != formatTable {
		return c.out.show(whole, nil)
	}
	for _, line := range whole.Items {
		if err := c.logLine(line); err != nil {
			return err
		}
	}
	return nil
}

// logLine prints one line: for people as the install pod wrote it, else as one document.
func (c *call) logLine(line api.LogLine) error {
	if c.out.format == formatTable {
		return c.out.text(clean(line.Text) + "\n")
	}
	return c.out.document(line)
}

// document prints one of many documents that follow each other: a line of JSON, or a document of YAML.
func (p *printer) document(v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode result: %w", err)
	}
	if p.format == formatYAML {
		if text, err = toYAML(text); err != nil {
			return fmt.Errorf("encode result: %w", err)
		}
		text = append([]byte("---\n"), text[:len(text)-1]...)
	}
	return p.text(string(text) + "\n")
}
