package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Reference writes the reference of every command, in Markdown.
func (p *Program) Reference(w io.Writer) error {
	var b strings.Builder
	b.WriteString("# Command line\n\nThis page is generated from the commands; see also `roadstead help`.\n\n")
	b.WriteString("Commands that talk to a server take its address from `--server` or `" + serverSetting + "` (default `" +
		defaultServer + "`) and the access token from `" + tokenSetting + "`. Results go to the standard output, progress and " +
		"errors to the standard error. With `-o json` or `-o yaml` the result is what the API answered.\n\n")
	b.WriteString("An error is one line, `roadstead: sentence (code)`, and one line `hint: what to do`. The codes are listed in " +
		"[errors](errors.md). Exit codes:\n\n")
	for _, e := range exitCodes() {
		fmt.Fprintf(&b, "- `%d`: %s\n", e.code, e.meaning)
	}
	root := (&run{Program: p}).root()
	root.InitDefaultHelpCmd()
	describe(&b, root)
	_, err := io.WriteString(w, b.String())
	return err
}

// describe writes a command and those below it.
func describe(b *strings.Builder, c *cobra.Command) {
	if c.Runnable() && !c.HasAvailableSubCommands() {
		fmt.Fprintf(b, "\n## %s\n\n%s.\n\n", c.CommandPath(), c.Short)
		if c.Long != "" {
			b.WriteString(fenceIndented(c.Long) + "\n\n")
		}
		fmt.Fprintf(b, "```\n%s\n```\n", c.UseLine())
		c.InitDefaultHelpFlag()
		describeFlags(b, c.LocalFlags())
	}
	for _, below := range c.Commands() {
		if below.IsAvailableCommand() && below.Name() != "completion" && below.Name() != "help" {
			describe(b, below)
		}
	}
}

func describeFlags(b *strings.Builder, flags *pflag.FlagSet) {
	rows := ""
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Name == "help" {
			return
		}
		kind, usage := pflag.UnquoteUsage(f)
		name := strings.TrimSpace("--" + f.Name + " " + kind)
		if f.Shorthand != "" {
			name = "-" + f.Shorthand + ", " + name
		}
		if f.DefValue != "" && f.DefValue != "false" && f.DefValue != "[]" && f.DefValue != "0" {
			usage += " (default `" + f.DefValue + "`)"
		}
		rows += fmt.Sprintf("| `%s` | %s |\n", name, strings.ReplaceAll(usage, "|", `\|`))
	})
	if rows != "" {
		b.WriteString("\n| flag | |\n|---|---|\n" + rows)
	}
}

// fenceIndented keeps text as it is: two spaces of indentation mean an example, which Markdown wants with four.
func fenceIndented(text string) string { return strings.ReplaceAll(text, "\n  ", "\n    ") }
