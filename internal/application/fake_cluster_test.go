package application_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/application"
)

// cluster is a cluster in memory, as install pods see it. Its pods run in no
// time.
type cluster struct {
	mu       sync.Mutex
	objects  map[string]bool                                   // by operation token
	pods     map[string]pod                                    // by pod name
	releases map[string]string                                 // version by application
	runs     map[string]int                                    // how often each token's pod ran
	values   map[string]string                                 // user values by token
	run      func(pod) application.PodFacts                    // what becomes of a pod
	errs     map[string]error                                  // by method
	missing  []string                                          // rights
	inTheWay int                                               // how often Start finds an old pod
	removed  []application.Leftover                            // by the sweep
	left     []application.Leftover                            // for the sweep
	watch    func(context.Context, func(application.PodFacts)) // for followers
	logs     func(follow bool) io.ReadCloser                   // for followers
	called   func(method string)                               // after each effect: a place to die
}

type pod struct {
	uid   string
	op    application.Operation
	facts application.PodFacts
}

func newCluster() *cluster {
	return &cluster{
		objects: map[string]bool{}, pods: map[string]pod{}, releases: map[string]string{}, runs: map[string]int{},
		values: map[string]string{}, errs: map[string]error{}, run: succeeds, called: func(string) {},
		logs: func(bool) io.ReadCloser { return io.NopCloser(strings.NewReader(podLog)) },
	}
}

const podLog = `time=2026-01-02T03:04:05Z seq=1 step=prepare state=started msg="begins"
time=2026-01-02T03:04:06Z seq=2 step=apply state=succeeded msg="applied"
time=2026-01-02T03:04:07Z seq=3 step=done state=succeeded msg="done"
`

func succeeds(p pod) application.PodFacts {
	return ended(application.Verdict{
		Operation: p.op.Token, Outcome: "succeeded", Digest: "sha256:" + strings.Repeat("a", 64),
		Release: application.Release{Name: p.op.Entry.Name, ChartVersion: p.op.Version},
	})
}

// ended is a pod that ended with a verdict.
func ended(v application.Verdict) application.PodFacts {
	message, _ := json.Marshal(v)
	return application.PodFacts{Found: true, Scheduled: true, Started: true, Ended: true, Message: string(message)}
}

// after answers a call: its prepared error, or the effect and then the place to
// die.
func (c *cluster) after(method string, effect func()) error {
	c.mu.Lock()
	err := c.errs[method]
	if err == nil {
		effect()
	}
	c.mu.Unlock()
	c.called(method)
	return err
}

func (c *cluster) CheckRights(context.Context, application.Operation) (missing []string, err error) {
	err = c.after("CheckRights", func() { missing = c.missing })
	return missing, err
}

func (c *cluster) Prepare(_ context.Context, spec application.RunSpec) error {
	return c.after("Prepare", func() {
		c.objects[spec.Operation.Token] = true
		c.values[spec.Operation.Token] = string(spec.UserValues)
	})
}

func podName(op application.Operation) string {
	if op.Action == application.Uninstall {
		return "uninstall-" + op.Entry.Name
	}
	return "install-" + op.Entry.Name
}

func (c *cluster) Start(_ context.Context, spec application.RunSpec) (uid string, err error) {
	op := spec.Operation
	if prepared := c.after("Start", func() {
		switch old, ok := c.pods[podName(op)]; {
		case ok && old.op.Token == op.Token:
			uid = old.uid
		case c.inTheWay > 0:
			c.inTheWay--
			err = application.ErrPodInTheWay
		case !c.objects[op.Token]:
			err = apperr.Of(apperr.ClusterForbidden)
		default:
			uid = c.create(op)
		}
	}); prepared != nil {
		return "", prepared
	}
	return uid, err
}

func (c *cluster) create(op application.Operation) string {
	c.runs[op.Token]++
	p := pod{uid: fmt.Sprintf("uid-%s-%d", op.Token, c.runs[op.Token]), op: op}
	p.facts = c.run(p)
	p.facts.UID = p.uid
	if p.facts.Ended && strings.Contains(p.facts.Message, "succeeded") {
		c.releases[op.Entry.Name] = op.Version
		if op.Action == application.Uninstall {
			delete(c.releases, op.Entry.Name)
		}
	}
	c.pods[podName(op)] = p
	return p.uid
}

func (c *cluster) Observe(_ context.Context, op application.Operation) (facts application.PodFacts, err error) {
	err = c.after("Observe", func() {
		if p, ok := c.pods[podName(op)]; ok && p.uid == op.PodUID {
			facts = p.facts
		}
	})
	return facts, err
}

func (c *cluster) Log(_ context.Context, _ application.Operation, follow bool) (log io.ReadCloser, err error) {
	err = c.after("Log", func() { log = c.logs(follow) })
	return log, err
}

func (c *cluster) Cleanup(_ context.Context, op application.Operation, keepPod bool) error {
	return c.after("Cleanup", func() {
		delete(c.objects, op.Token)
		if p, ok := c.pods[podName(op)]; ok && p.op.Token == op.Token && (!keepPod || !p.facts.Ended) {
			delete(c.pods, podName(op))
		}
	})
}

func (c *cluster) Watch(ctx context.Context, _ application.Operation, seen func(application.PodFacts)) error {
	c.watch(ctx, seen)
	return ctx.Err()
}

func (c *cluster) Leftovers(context.Context, int64) ([]application.Leftover, error) {
	return c.left, c.errs["Leftovers"]
}

func (c *cluster) Remove(_ context.Context, _ int64, l application.Leftover) error {
	c.removed = append(c.removed, l)
	return nil
}

// box seals by prefix.
type box struct{}

func (box) SealValues(plain []byte, id int64) ([]byte, error) {
	return fmt.Appendf(nil, "%d:%s", id, plain), nil
}

func (box) OpenValues(sealed []byte, id int64) ([]byte, error) {
	plain, ok := strings.CutPrefix(string(sealed), fmt.Sprintf("%d:", id))
	if !ok {
		return nil, apperr.Of(apperr.CredentialContext)
	}
	return []byte(plain), nil
}

// clock is a time that tests move.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }
