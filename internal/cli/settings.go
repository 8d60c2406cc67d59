package cli

import (
	"context"
	"net/http"
	"strings"

	"github.com/spf13/cobra"

	"github.com/roadstead/roadstead/internal/api"
	"github.com/roadstead/roadstead/internal/setting"
)

func (r *run) instanceSettings() *cobra.Command {
	return group("settings", "Settings of the instance, which administrators change while it runs", r.settingsGet(), r.settingsSet())
}

func (r *run) settingsGet() *cobra.Command {
	return r.remote("get", "Show the settings", cobra.NoArgs, func(ctx context.Context, c *call, _ []string) error {
		now, err := get[api.Settings](ctx, c.client, "/settings")
		if err != nil {
			return err
		}
		return c.out.show(now, func(t *table) { settingRows(t, now) })
	})
}

func (r *run) settingsSet() *cobra.Command {
	c := r.remote("set NAME=VALUE...", "Change settings: all that are named, or none", cobra.MinimumNArgs(1),
		func(ctx context.Context, c *call, args []string) error {
			wanted, err := readSettings(args)
			if err != nil {
				return err
			}
			now, err := request[api.Settings](ctx, c.client, http.MethodPatch, "/settings", wanted)
			if err != nil {
				return err
			}
			return c.out.show(now, func(t *table) { settingRows(t, now) })
		})
	var names strings.Builder
	for _, n := range setting.Numbers() {
		names.WriteString("\n  " + n.Name + ": " + n.For + " From " + n.Bounds() + ".")
	}
	c.Long = "Changes settings. What is not named stays. The settings are:\n" + names.String()
	return c
}

// readSettings reads what was typed. A name that this program does not know, or a text that is no number, goes nowhere.
func readSettings(args []string) (api.EditSettings, error) {
	var wanted setting.Change
	for _, arg := range args {
		name, value, ok := strings.Cut(arg, "=")
		if !ok {
			return api.EditSettings{}, usageError("write " + arg + "=VALUE")
		}
		if err := wanted.Set(name, value); err != nil {
			return api.EditSettings{}, &settingsError{err}
		}
	}
	return api.EditSettings(wanted), nil
}

func settingRows(t *table, now api.Settings) {
	t.row("NAME", "VALUE", "BOUNDS", "DEFAULT")
	for _, n := range setting.Numbers() {
		t.row(n.Name, n.Of(setting.Settings(now)), n.Bounds(), n.Default)
	}
}
