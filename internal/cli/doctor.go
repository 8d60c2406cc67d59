package cli

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/config"
	"github.com/roadstead/roadstead/internal/egress"
)

func (r *run) doctor() *cobra.Command {
	return group("doctor", "Explain to an operator what the server on this machine decides", r.doctorURL())
}

// purpose is what a URL is for, which decides on its schemes and on the code of a refusal.
type purpose struct {
	schemes []string
	refused apperr.Code
}

func purposes() map[string]purpose {
	return map[string]purpose{
		"cluster": {schemes: []string{"https"}, refused: apperr.ClusterAddressRefused},
		"charts":  {schemes: []string{"https", "http", "oci"}, refused: apperr.RepositoryAddressRefused},
	}
}

func (r *run) doctorURL() *cobra.Command {
	output, use := formatTable, "cluster"
	c := r.command("url URL", "Explain whether the server may call a URL", cobra.ExactArgs(1),
		func(c *cobra.Command, args []string) error {
			wanted, ok := purposes()[use]
			if !ok {
				return usageError("use --for cluster or --for charts")
			}
			settings, err := r.settings(c)
			if err != nil {
				return err
			}
			found, err := r.Program.ExplainURL(c.Context(), settings, args[0], wanted.schemes)
			if err != nil {
				return err
			}
			out := &printer{r.Out, output}
			if err := out.show(found, func(t *table) { explanation(t, found) }); err != nil {
				return err
			}
			return refusal(found, wanted.refused)
		})
	c.Long = "Goes through the decision on a URL step by step, with the settings of the server: run it where the server runs.\n" +
		"It resolves names and connects to nothing. It ends with 0 if the server may call the URL, and with 4 if not."
	c.Flags().VarP(&output, "output", "o", "how to print the result: table, json or yaml")
	c.Flags().StringVar(&use, "for", use, "what the URL is for: cluster or charts; OIDC issuers and webhooks are judged as clusters are")
	config.Flags(c.Flags())
	return c
}

// explanation prints what was looked at, then every address.
func explanation(t *table, e egress.Explanation) {
	t.row("STEP", "RESULT", "DETAIL")
	for _, s := range e.Steps {
		result := "ok"
		if !s.OK {
			result = "refused"
		}
		t.row(s.Name, result, s.Detail)
	}
	if len(e.Addresses) > 0 {
		t.line("")
		t.row("ADDRESS", "RESULT", "CLASS", "WHY")
	}
	for _, a := range e.Addresses {
		t.row(a.Address, a.Result, a.Class, a.Why)
	}
	if e.Allowed {
		t.line("")
		t.line("The server may call " + e.URL + ".")
	}
}

// refusal makes the error of a URL that may not be called, with what would open it as the hint.
func refusal(e egress.Explanation, code apperr.Code) error {
	rules, openable := strings.CutPrefix(e.Setting, egress.Setting+"=")
	hint := "No setting opens it."
	switch {
	case e.Allowed:
		return nil
	case openable:
		hint = "Adding " + rules + " to " + egress.Setting + " opens it."
	case e.URL == "":
		hint = "Write it as https://host:port/path, without anything else."
	case len(e.Addresses) == 0:
		hint = "Check the name, and the name servers of this machine."
	}
	return apperr.New(code, "The server does not call this URL.", hint)
}
