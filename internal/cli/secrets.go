package cli

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"github.com/roadstead/roadstead/internal/api"
	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/config"
	"github.com/roadstead/roadstead/internal/secret"
	"github.com/roadstead/roadstead/internal/vault"
)

func (r *run) secrets() *cobra.Command {
	return group("secrets", "Check stored credentials and rotate their keys, where a worker runs",
		r.secretsInit(), r.secretsVerify(), r.secretsRotate())
}

func (r *run) secretsInit() *cobra.Command {
	c := r.command("init", "Make the keyset, if there is none", cobra.NoArgs, func(c *cobra.Command, _ []string) error {
		settings, err := r.settings(c)
		if err != nil {
			return err
		}
		return r.Program.InitSecrets(settings)
	})
	c.Long = "Makes the private and the public keyset where the settings say, unless they are there. A worker does so by itself\n" +
		"at its first start, where it may write them; this is for installations where it may not."
	config.Flags(c.Flags())
	return c
}

func (r *run) secretsVerify() *cobra.Command {
	c := r.command("verify", "Check that every stored credential opens", cobra.NoArgs, func(c *cobra.Command, _ []string) error {
		settings, err := r.settings(c)
		if err != nil {
			return err
		}
		report, err := r.Program.VerifySecrets(c.Context(), settings)
		if err != nil {
			return err
		}
		return r.verdict(report)
	})
	c.Long = "Opens every stored credential in its place, also while the server runs, and writes nothing. Prints how many are\n" +
		"sealed to each key and which do not open, never a value. It ends with 0 when all is well, 1 when some do not open,\n" +
		"and 6 when a key is missing that they are sealed to."
	config.Flags(c.Flags())
	return c
}

// verdict prints a report and makes the error of what is wrong.
func (r *run) verdict(report vault.Report) error {
	for _, id := range slices.Sorted(maps.Keys(report.Keys)) {
		fmt.Fprintf(r.Out, "key %08x  %d\n", id, report.Keys[id])
	}
	for _, bad := range report.Bad {
		fmt.Fprintf(r.Out, "bad  %s %d: %s\n", bad.Kind, bad.ID, wrong(bad.Err))
	}
	switch {
	case report.KeyMissing():
		return apperr.New(apperr.CredentialKey, "A key is missing that stored credentials are sealed to.",
			"Put back the private keyset that they were sealed with, or enter them again.")
	case len(report.Bad) > 0:
		return &failure{api.Reason{
			Code: apperr.CredentialContext, Title: fmt.Sprintf("%d stored values do not open.", len(report.Bad)),
			Hint: "Their rows were changed or damaged. Attach those clusters again, or restore a backup.",
		}}
	}
	return nil
}

// wrong says in words of ours why a ciphertext does not open.
func wrong(err error) error {
	for _, known := range []error{secret.ErrUnknownKey, secret.ErrWrongContext, secret.ErrNotSealed} {
		if errors.Is(err, known) {
			return known
		}
	}
	return err
}

func (r *run) secretsRotate() *cobra.Command {
	prepare, retire := false, false
	c := r.command("rotate", "Seal every stored credential to a new key", cobra.NoArgs, func(c *cobra.Command, _ []string) error {
		settings, err := r.settings(c)
		if err != nil {
			return err
		}
		step := vault.Rotate
		switch {
		case prepare:
			step = vault.Prepare
		case retire:
			step = vault.Retire
		}
		return r.Program.RotateSecrets(c.Context(), settings, step, func(message string) { fmt.Fprintln(r.Err, message) })
	})
	c.Long = "Adds a key to the private keyset, then to the public one, and seals everything anew, also while the server runs.\n" +
		"It can be stopped at any point: run again, it goes on. Older keys still open until --retire."
	c.Flags().BoolVar(&prepare, "prepare", false, "only add the key to the private keyset, to copy that to other workers first")
	c.Flags().BoolVar(&retire, "retire", false, "disable older keys, unless something is still sealed to one")
	c.MarkFlagsMutuallyExclusive("prepare", "retire")
	config.Flags(c.Flags())
	return c
}
