package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/roadstead/roadstead/internal/api"
	"github.com/roadstead/roadstead/internal/audit"
	"github.com/roadstead/roadstead/internal/config"
)

func (r *run) audit() *cobra.Command {
	return group("audit", "See who did what, and verify the record of it", r.auditList(), r.auditExport(), r.auditVerify())
}

func (r *run) auditVerify() *cobra.Command {
	checkpoints := ""
	c := r.command("verify", "Check that nobody changed the audit record, where a worker runs", cobra.NoArgs,
		func(c *cobra.Command, _ []string) error {
			settings, err := r.settings(c)
			if err != nil {
				return err
			}
			report, err := r.Program.VerifyAudit(c.Context(), settings, checkpoints)
			if err != nil {
				return err
			}
			return r.auditVerdict(report)
		})
	c.Long = "Walks the chain of the audit record from its beginning, also while the server runs, and writes nothing. It compares\n" +
		"every row with its link, and the chain with its checkpoints and with those of the data folder's\n" +
		"log/audit-checkpoints.log, or of a copy of that file that was kept elsewhere. It ends with 0 when all is well, 1 at\n" +
		"the first row that is not, and 6 when a key is missing that the record was signed with."
	c.Flags().StringVar(&checkpoints, "checkpoints", "", "file of checkpoints to compare with (default DATA-DIR/log/audit-checkpoints.log)")
	config.Flags(c.Flags())
	return c
}

// auditVerdict prints a report and makes the error of what is wrong.
func (r *run) auditVerdict(report audit.Report) error {
	if report.From > 0 {
		fmt.Fprintf(r.Out, "begins     after row %d, which was deleted when its time was over\n", report.From)
	}
	fmt.Fprintf(r.Out, "right      %d rows, %d checkpoints\n", report.Right, report.Checkpoints)
	fmt.Fprintf(r.Out, "unchained  %d rows\n", report.Waiting)
	if report.Wrong == nil {
		return nil
	}
	return &failure{api.Reason{
		Title:  "The audit record is not what was written.",
		Detail: []string{found(*report.Wrong)},
		Hint:   "Everything before it is right. Compare with an export or a backup; nothing of what follows is proven.",
	}}
}

// found says in words what is wrong.
func found(wrong audit.Finding) string {
	row := fmt.Sprintf("row %d of the chain", wrong.N)
	if wrong.EventID != 0 {
		row += fmt.Sprintf(", event %d,", wrong.EventID)
	}
	switch wrong.Fault {
	case audit.Missing:
		return row + " is missing"
	case audit.Swapped:
		return row + " stands at the place of another one"
	case audit.Forged:
		return fmt.Sprintf("the checkpoint at row %d is not ours", wrong.N)
	case audit.Inserted:
		if wrong.N == 0 {
			return fmt.Sprintf("event %d is outside of the chain: nobody chained it", wrong.EventID)
		}
		return row + " was inserted: nobody chained it"
	default:
		return row + " was changed"
	}
}
