package cli

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/roadstead/roadstead/internal/api"
)

func (r *run) auditExport() *cobra.Command {
	filter, as := &auditFilter{}, "jsonl"
	c := r.remote("export", "Write the audit record to the standard output, the newest first", cobra.NoArgs,
		func(ctx context.Context, c *call, _ []string) error {
			write, finish, err := r.auditWriter(as)
			if err != nil {
				return err
			}
			err = filter.each(ctx, c.client, 100, func(e api.AuditEvent) (bool, error) { return true, write(e) })
			if err != nil {
				return err
			}
			return finish()
		})
	c.Long = "Writes one line for each event, as JSON or CSV, page by page as the server hands them out. Each tells its place in the\n" +
		"chain and the signature of its link, so that an export can be compared with a later one and with the checkpoints."
	filter.flags(c.Flags())
	c.Flags().StringVar(&as, "format", as, "jsonl or csv")
	return c
}

// auditWriter writes events in a format. Finish ends the export.
func (r *run) auditWriter(as string) (write func(api.AuditEvent) error, finish func() error, err error) {
	switch as {
	case "jsonl":
		encoder := json.NewEncoder(r.Out)
		encoder.SetEscapeHTML(false)
		return func(e api.AuditEvent) error { return encoder.Encode(e) }, func() error { return nil }, nil
	case "csv":
		rows := csv.NewWriter(r.Out)
		err := rows.Write(auditColumns())
		finish := func() error {
			rows.Flush()
			return rows.Error()
		}
		return func(e api.AuditEvent) error { return rows.Write(auditFields(e)) }, finish, err //nolint:wrapcheck // the output's
	}
	return nil, nil, usageError("use jsonl or csv")
}

func auditColumns() []string {
	return []string{
		"id", "at", "action", "actor_kind", "actor_name", "actor_user_id", "actor_token_id", "actor_session_id", "ip",
		"object_kind", "object_id", "object_name", "group_id", "project_id", "correlation_id", "detail", "n", "hash",
	}
}

func auditFields(e api.AuditEvent) []string {
	number := func(n int64) string { return strconv.FormatInt(n, 10) }
	detail, err := json.Marshal(e.Detail)
	if err != nil {
		detail = nil // texts never fail
	}
	fields := []string{
		number(e.ID), e.At.UTC().Format(time.RFC3339Nano), e.Action, string(e.Actor.Kind), e.Actor.Name, number(e.Actor.UserID),
		number(e.Actor.TokenID), number(e.Actor.SessionID), e.Actor.IP, e.Object.Kind, number(e.Object.ID), e.Object.Name,
		number(e.GroupID), number(e.ProjectID), e.CorrelationID, string(detail), number(e.N), e.Hash,
	}
	for i, field := range fields {
		fields[i] = inert(field)
	}
	return fields
}

// inert keeps a spreadsheet from taking a name for a formula.
func inert(field string) string {
	if field != "" && (field[0] == '=' || field[0] == '+' || field[0] == '-' || field[0] == '@') {
		return "'" + field
	}
	return field
}
