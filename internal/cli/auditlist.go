package cli

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/roadstead/roadstead/internal/api"
)

// auditFilter is what of the record is asked for.
type auditFilter struct {
	group, project, actor, action, since, until string
}

func (f *auditFilter) flags(flags *pflag.FlagSet) {
	flags.StringVar(&f.group, "group", "", "only what happened in this group and all that is in it, by id or path")
	flags.StringVar(&f.project, "project", "", "only what belongs to this project, by id or path")
	flags.StringVar(&f.actor, "actor", "", "only what somebody of this name did")
	flags.StringVar(&f.action, "action", "", "only this action, such as cluster.attach, or those on one noun, such as cluster")
	flags.StringVar(&f.since, "since", "", "from this time on: a date, a time, or how long ago, such as 24h")
	flags.StringVar(&f.until, "until", "", "before this time: as --since")
}

// query is the filter as the API takes it.
func (f *auditFilter) query(limit int) (url.Values, error) {
	values := url.Values{"limit": {strconv.Itoa(limit)}}
	for name, text := range map[string]string{"since": f.since, "until": f.until} {
		if text == "" {
			continue
		}
		at, err := parseTime(text, time.Now())
		if err != nil {
			return nil, err
		}
		values.Set(name, at.UTC().Format(time.RFC3339Nano))
	}
	for name, text := range map[string]string{"group": f.group, "project": f.project, "actor": f.actor, "action": f.action} {
		if text != "" {
			values.Set(name, text)
		}
	}
	return values, nil
}

// parseTime reads a date, a time, or how long ago.
func parseTime(text string, now time.Time) (time.Time, error) {
	if ago, err := time.ParseDuration(text); err == nil {
		return now.Add(-ago), nil
	}
	for _, layout := range []string{time.RFC3339, time.DateTime, time.DateOnly} {
		if at, err := time.Parse(layout, text); err == nil {
			return at, nil
		}
	}
	return time.Time{}, usageError(fmt.Sprintf("%q is no time: give 2026-01-02, 2026-01-02T15:04:05Z or 24h", text))
}

func (r *run) auditList() *cobra.Command {
	filter, limit := &auditFilter{}, 0
	c := r.remote("list", "List who did what, the newest first", cobra.NoArgs, func(ctx context.Context, c *call, _ []string) error {
		found := api.AuditPage{Items: []api.AuditEvent{}}
		err := filter.each(ctx, c.client, min(limit, 100), func(e api.AuditEvent) (bool, error) {
			found.Items = append(found.Items, e)
			return len(found.Items) < limit, nil
		})
		if err != nil {
			return err
		}
		return c.out.show(found, func(t *table) { auditRows(t, found.Items) })
	})
	filter.flags(c.Flags())
	c.Flags().IntVar(&limit, "limit", 50, "how many at most")
	return c
}

// each calls do with the events of the filter, the newest first, until it wants no more.
func (f *auditFilter) each(ctx context.Context, c *client, size int, do func(api.AuditEvent) (more bool, err error)) error {
	query, err := f.query(max(size, 1))
	if err != nil {
		return err
	}
	for {
		page, err := request[api.AuditPage](ctx, c, http.MethodGet, "/audit?"+query.Encode(), nil)
		if err != nil {
			return err
		}
		for _, e := range page.Items {
			if more, err := do(e); err != nil || !more {
				return err
			}
		}
		if page.Next == "" {
			return nil
		}
		query.Set("after", page.Next)
	}
}

func auditRows(t *table, events []api.AuditEvent) {
	t.row("TIME", "ACTOR", "ACTION", "OBJECT", "FROM", "ROW")
	for _, e := range events {
		object := e.Object.Kind + " " + e.Object.Name
		if e.Object.Name == "" {
			object = e.Object.Kind + " " + strconv.FormatInt(e.Object.ID, 10)
		}
		t.row(e.At.UTC().Format(time.RFC3339), e.Actor.Name, e.Action, object, e.Actor.IP, inChain(e.N))
	}
}

// inChain is where an event is in the chain, nowhere while it waits.
func inChain(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}
