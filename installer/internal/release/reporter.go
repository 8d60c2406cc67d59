package release

import (
	"context"
	"strconv"
	"strings"
	"time"
)

const (
	repeatAfter = 30 * time.Second // an unchanged report is repeated, so that a reader sees that we live
	namesShown  = 5                // objects that one report names
	refusedIn   = 2                // reports in a row that find pods refused, before waiting for them is given up
)

// reporter tells every few seconds what a wait still waits for.
type reporter struct {
	done chan struct{}
}

// startReporter starts reporting until the context ends. When pods are refused for good it ends the wait.
func startReporter(ctx context.Context, giveUp context.CancelCauseFunc, log Log, look func(context.Context) ([]missing, error)) *reporter {
	r := &reporter{done: make(chan struct{})}
	go func() {
		defer close(r.done)
		s := report{log: log, giveUp: giveUp}
		tick := time.NewTicker(reportEvery)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				if found, err := look(ctx); err == nil {
					s.tell(found)
				}
			}
		}
	}()
	return r
}

// stop waits until the reporter has ended; its context must have.
func (r *reporter) stop() { <-r.done }

// report is what was told last.
type report struct {
	log     Log
	giveUp  context.CancelCauseFunc
	text    string
	at      time.Time
	refused int
}

func (s *report) tell(found []missing) {
	if len(found) == 0 {
		return
	}
	if text := summary(found); text != s.text || time.Since(s.at) >= repeatAfter {
		s.text, s.at = text, time.Now()
		s.log.Runningf("%s", text)
	}
	refused := refusals(found)
	if len(refused) == 0 {
		s.refused = 0
		return
	}
	if s.refused++; s.refused >= refusedIn {
		s.giveUp(&PodRefusedError{Objects: refused})
	}
}

// summary names the first few of the missing objects.
func summary(found []missing) string {
	names := make([]string, 0, namesShown+1)
	for i, f := range found {
		if i == namesShown {
			names = append(names, "and "+strconv.Itoa(len(found)-namesShown)+" more")
			break
		}
		names = append(names, f.String())
	}
	return "waiting for " + strings.Join(names, ", ")
}
