package cli

import (
	"context"
	"strings"

	"github.com/roadstead/roadstead/internal/api"
	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/cluster"
)

// card prints a cluster and what its last check found, one line a finding.
func card(t *table, c api.Cluster) {
	t.row("cluster", c.Name)
	t.row("id", c.ID)
	t.row("level", c.Level)
	t.row("environments", c.EnvironmentScope)
	if c.State != cluster.Attached {
		t.row("state", c.State)
	}
	if c.Domain != "" {
		t.row("domain", c.Domain)
	}
	if !c.Managed {
		t.row("managed", "no")
	}
	t.row("address", c.APIURL)
	t.row("version", c.Connection.Version)
	t.row("connection", connection(c))
	t.line("")
	for _, f := range c.Connection.Findings {
		t.row(mark(f.Outcome)+" "+checkName(f), verdict(f))
	}
}

func mark(o cluster.Outcome) string {
	switch o {
	case cluster.OK:
		return "✓"
	case cluster.Warning:
		return "!"
	case cluster.Failed:
		return "✗"
	case cluster.Skipped:
		return "-"
	}
	return "?"
}

func checkName(f api.Finding) string {
	if f.Feature == "" {
		return f.Check
	}
	return f.Check + " for " + string(f.Feature)
}

// verdict says what is wrong and how to mend it.
func verdict(f api.Finding) string {
	if f.Error == nil {
		return string(f.Outcome)
	}
	return reason(f.Error)
}

// reason says why something is not as it should be, and what to do about it.
func reason(e *api.Reason) string {
	text := e.Title + " (" + string(e.Code) + ")"
	if len(e.Detail) > 0 {
		text += " Missing: " + strings.Join(e.Detail, ", ") + "."
	}
	if e.Hint != "" {
		text += " hint: " + e.Hint
	}
	return text
}

// checked waits until a check ended that is not the one known before, shows the card, and fails if the cluster cannot be
// used.
func (c *call) checked(ctx context.Context, before api.Cluster) error {
	var found api.Cluster
	topics := []string{before.Topic, before.Connection.Topic}
	c.progress.run("check", "waiting for the cluster")
	err := watch(ctx, c.client, clusterPath(before), topics, func(now api.Cluster) (bool, error) {
		found = now
		return !now.Connection.CheckedAt.Equal(before.Connection.CheckedAt), nil
	})
	c.progress.stop()
	if err != nil {
		return err
	}
	if found.Connection.Connected {
		c.progress.done("check", "connected, Kubernetes "+found.Connection.Version)
	} else {
		c.progress.fail("check", "not connected")
	}
	if err := c.out.show(found, func(t *table) { card(t, found) }); err != nil {
		return err
	}
	return unusable(found)
}

// unusable is the reason why a cluster cannot be used.
func unusable(c api.Cluster) error {
	if c.Connection.Connected {
		return nil
	}
	if c.Connection.Error != nil {
		return failed(c.Connection.Error)
	}
	for _, f := range c.Connection.Findings {
		if f.Outcome == cluster.Failed && f.Error != nil {
			return failed(f.Error)
		}
	}
	e := apperr.Of(apperr.Unavailable)
	return failed(&api.Reason{Code: e.Code, Title: "The cluster is not connected.", Hint: "`roadstead cluster show` tells what was found."})
}

// gone waits until the path is not found any more.
func (c *call) gone(ctx context.Context, path, topic string) error {
	c.progress.run("remove", "waiting for the cluster")
	err := watch(ctx, c.client, path, []string{topic}, func(any) (bool, error) { return false, nil })
	c.progress.stop()
	if _, code := diagnose(err); code != exitNotFound {
		return err
	}
	c.progress.done("removed", "")
	return nil
}
