package cli

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/roadstead/roadstead/internal/api"
)

func (r *run) pods() *cobra.Command {
	var at place
	follow := false
	c := r.remote("pods", "List the pods of an environment", cobra.NoArgs,
		func(ctx context.Context, c *call, _ []string) error {
			if follow {
				return c.watchPods(ctx, at)
			}
			found, err := c.knownPods(ctx, at)
			if err != nil {
				return err
			}
			return c.out.show(found, func(t *table) { podRows(t, found) })
		})
	c.Long = "Lists the pods as they were last seen, with how long ago that was. The first look at a namespace begins to\n" +
		"follow it, and waits a few seconds for what that finds; --watch prints each pod again when it changes."
	at.flags(c)
	c.Flags().BoolVarP(&follow, "watch", "w", false, "print each pod again when it changes, until interrupted")
	return c
}

// firstLook is how long a list waits for a namespace that was never seen.
const firstLook = 5 * time.Second

// knownPods reads the pods. The first read of a namespace only starts to follow it, so it reads again once there is
// something to show, or a reason why not.
func (c *call) knownPods(ctx context.Context, at place) (api.Live[api.Pod], error) {
	found, err := c.allPods(ctx, at)
	if err != nil || known(found) {
		return found, err
	}
	c.progress.run("pods", "looking at "+found.Namespace+" for the first time")
	defer c.progress.stop()
	waiting, cancel := context.WithTimeout(ctx, firstLook)
	defer cancel()
	err = watch(waiting, c.client, at.path("pods")+"?limit=1", []string{found.Topic},
		func(now api.Live[api.Pod]) (bool, error) { return known(now), nil })
	if err != nil && waiting.Err() == nil {
		return found, err
	}
	return c.allPods(ctx, at)
}

// known reports whether there is an answer to show: rows that matched the cluster once, or why there are none.
func known(found api.Live[api.Pod]) bool { return !found.AsOf.IsZero() || found.Error != nil }

// allPods reads every page, with the age of the last one read.
func (c *call) allPods(ctx context.Context, at place) (api.Live[api.Pod], error) {
	pods := []api.Pod{}
	for after := ""; ; {
		page, err := get[api.Live[api.Pod]](ctx, c.client, at.path("pods")+"?after="+url.QueryEscape(after))
		if err != nil {
			return page, err
		}
		pods = append(pods, page.Items...)
		if after = page.Next; after == "" {
			page.Items = pods
			return page, nil
		}
	}
}

func podRows(t *table, found api.Live[api.Pod]) {
	t.row("NAME", "READY", "STATUS", "RESTARTS", "AGE", "NODE")
	for _, p := range found.Items {
		t.row(p.Name, fmt.Sprintf("%d/%d", p.Ready, p.Containers), podStatus(p), p.Restarts, age(p.CreatedAt), p.Node)
	}
	t.line("")
	t.line(liveLine(found))
}

func podStatus(p api.Pod) string {
	if p.Reason != "" {
		return p.Reason
	}
	return p.Phase
}

// liveLine says how far the rows can be trusted.
func liveLine(found api.Live[api.Pod]) string {
	line := fmt.Sprintf("%d pods in %s: %s", len(found.Items), found.Namespace, stateAge(string(found.State), found.AsOf))
	if found.Error != nil {
		line += "; " + found.Error.Title + " (" + string(found.Error.Code) + ")"
	}
	if found.Incomplete {
		line += "; the cluster holds more than is kept"
	}
	return line
}

// watchPods prints what changed each time the mirror says that something did.
func (c *call) watchPods(ctx context.Context, at place) error {
	first, err := c.allPods(ctx, at)
	if err != nil {
		return err
	}
	seen := podWatcher{out: c.out, known: map[string]string{}}
	if err := seen.show(first); err != nil {
		return err
	}
	return watch(ctx, c.client, at.path("pods")+"?limit=1", []string{first.Topic},
		func(api.Live[api.Pod]) (bool, error) {
			found, err := c.allPods(ctx, at)
			if err != nil {
				return false, err
			}
			return false, seen.show(found)
		})
}

// podWatcher remembers what was printed of each pod.
type podWatcher struct {
	out   *printer
	begun bool
	known map[string]string
	state string
}

func (w *podWatcher) show(found api.Live[api.Pod]) error {
	now := make(map[string]string, len(found.Items))
	var changed []string
	for _, p := range found.Items {
		now[p.Name] = podLine(p.Name, fmt.Sprintf("%d/%d", p.Ready, p.Containers), podStatus(p), fmt.Sprint(p.Restarts), p.Node)
		if now[p.Name] != w.known[p.Name] {
			changed = append(changed, now[p.Name])
		}
	}
	for name := range w.known {
		if _, ok := now[name]; !ok {
			changed = append(changed, podLine(name, "-", "gone", "-", "-"))
		}
	}
	state := string(found.State) + code(found.Error)
	if w.begun && len(changed) == 0 && state == w.state {
		return nil
	}
	first, moved := !w.begun, !w.begun || state != w.state
	w.begun, w.known, w.state = true, now, state
	if w.out.format != formatTable {
		return w.out.document(found)
	}
	if moved {
		changed = append(changed, "# "+clean(liveLine(found)))
	}
	if first {
		changed = append([]string{podLine("NAME", "READY", "STATUS", "RESTARTS", "NODE")}, changed...)
	}
	return w.out.text(strings.Join(changed, "\n") + "\n")
}

// podLine prints in fixed columns, since the rows to come are not known.
func podLine(name, ready, status, restarts, node string) string {
	return fmt.Sprintf("%-50s %-7s %-20s %-9s %s", clean(name), ready, clean(status), restarts, clean(orDash(node)))
}
