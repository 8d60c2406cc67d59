package application_test

import (
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/application"
	registered "github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/work"
)

// world is a service, a machine and the cluster that they work on.
type world struct {
	t       *testing.T
	store   *memory
	cluster *cluster
	clock   *clock
	service *application.Service
	machine *application.Machine
}

const clusterID = 7

func newWorld(t *testing.T) *world {
	t.Helper()
	catalog, err := application.LoadCatalog("testdata/catalog")
	if err != nil {
		t.Fatalf("load the catalog: %v", err)
	}
	w := &world{t: t, store: newMemory(), cluster: newCluster(), clock: &clock{at: time.Unix(1_800_000_000, 0).UTC()}}
	w.service = &application.Service{Store: w.store, Clusters: &registration{state: registered.Attached}, Sealer: box{}, Known: catalog, Now: w.clock.now}
	w.machine = &application.Machine{
		Store: w.store, Runner: w.cluster, Opener: box{}, Log: slog.New(slog.DiscardHandler), Now: w.clock.now,
	}
	return w
}

func (w *world) install(req application.InstallRequest) application.Operation {
	w.t.Helper()
	req.ClusterID = clusterID
	op, err := w.service.Install(w.t.Context(), req)
	if err != nil {
		w.t.Fatalf("ask for the install: %v", err)
	}
	return op
}

func (w *world) uninstall(name string) application.Operation {
	w.t.Helper()
	op, err := w.service.Uninstall(w.t.Context(), application.UninstallRequest{ClusterID: clusterID, Name: name})
	if err != nil {
		w.t.Fatalf("ask for the uninstall: %v", err)
	}
	return op
}

// step runs the machine once.
func (w *world) step(op application.Operation) (work.Next, error) {
	return w.machine.Step(w.t.Context(), work.Claim{Ref: work.Ref{Kind: application.KindOperation, Object: op.ID, Cluster: clusterID}})
}

// end runs the machine to its end, moving the clock as it asks to.
func (w *world) end(op application.Operation) application.Operation {
	w.t.Helper()
	for range 1000 {
		next, err := w.step(op)
		if err != nil {
			w.t.Fatalf("step: %v", err)
		}
		if next.IsDone() {
			return mustOperation(w.t, w.store, op.ID)
		}
		w.clock.at = w.clock.at.Add(next.Delay())
	}
	w.t.Fatal("the operation never ends")
	return op
}

func (w *world) application(name string) application.Application {
	w.t.Helper()
	v, err := w.service.Application(w.t.Context(), clusterID, name)
	if err != nil {
		w.t.Fatalf("read application %s: %v", name, err)
	}
	return v.Application
}

func TestMachine_lifeOfAnApplication(t *testing.T) {
	t.Parallel()
	w := newWorld(t)

	op := w.end(w.install(application.InstallRequest{Name: "web", Values: []byte("replicas: 2")}))
	if op.Phase != application.PhaseSucceeded || op.Action != application.Install {
		t.Fatalf("install ended %s of %s, code %q", op.Phase, op.Action, op.Code)
	}
	if a := w.application("web"); a.State != application.Installed || a.Version != "1.0.0" {
		t.Fatalf("after the install: %+v", a)
	}

	op = w.end(w.install(application.InstallRequest{Name: "web", Version: "1.1.0"}))
	if a := w.application("web"); a.State != application.Updated || a.Version != "1.1.0" {
		t.Fatalf("after the upgrade: %+v", a)
	}
	if got := w.cluster.values[op.Token]; got != "replicas: 2" {
		t.Errorf("the upgrade without values used %q, want those given last", got)
	}

	op = w.end(w.install(application.InstallRequest{Name: "web", Values: []byte("{}")}))
	if got := w.cluster.values[op.Token]; got != "{}" {
		t.Errorf("the upgrade with empty values used %q", got)
	}

	w.end(w.uninstall("web"))
	if a := w.application("web"); a.State != application.Installable || a.ID != 0 {
		t.Errorf("after the uninstall: %+v", a)
	}
	if len(w.cluster.objects)+len(w.cluster.pods)+len(w.cluster.releases) > 0 {
		t.Errorf("left in the cluster: %v %v %v", w.cluster.objects, w.cluster.pods, w.cluster.releases)
	}
	lines, err := w.service.Log(t.Context(), op.ID, 0, 10)
	if err != nil || len(lines) != 3 {
		t.Errorf("the log of the upgrade has %d lines, %v; want 3", len(lines), err)
	}
}

func TestMachine_pinsTheDigestOfAVersion(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.end(w.install(application.InstallRequest{Name: "web"}))

	op := w.end(w.install(application.InstallRequest{Name: "web"}))
	if op.Digest == "" {
		t.Error("the second operation of the same version demands no digest")
	}
	op = w.install(application.InstallRequest{Name: "web", Version: "9.9.9"})
	if op.Digest != "" {
		t.Errorf("a new version demands the digest %s", op.Digest)
	}
}

func TestMachine_failures(t *testing.T) {
	t.Parallel()
	says := func(v application.Verdict) func(pod) application.PodFacts {
		return func(p pod) application.PodFacts {
			v.Operation = p.op.Token
			return ended(v)
		}
	}
	is := func(f application.PodFacts) func(pod) application.PodFacts {
		return func(p pod) application.PodFacts {
			f.Found, f.CreatedAt = true, p.op.CreatedAt
			return f
		}
	}
	for name, tc := range map[string]struct {
		spoil  func(w *world)
		want   apperr.Code
		detail []string
	}{
		"the chart's hook": {
			func(w *world) {
				w.cluster.run = says(application.Verdict{Outcome: "failed", Code: apperr.HookFailed, Detail: []string{"job \x1b[31mmigrate"}})
			}, apperr.HookFailed, []string{"job migrate"},
		},
		"a code that is not the installer's": {
			func(w *world) {
				w.cluster.run = says(application.Verdict{Outcome: "failed", Code: apperr.Forbidden})
			}, apperr.InstallFailed, nil,
		},
		"a verdict of another operation": {
			func(w *world) {
				w.cluster.run = func(pod) application.PodFacts {
					return ended(application.Verdict{Outcome: "succeeded", Operation: "other"})
				}
			}, apperr.Interrupted, nil,
		},
		"killed for its memory": {
			func(w *world) {
				w.cluster.run = is(application.PodFacts{Started: true, Ended: true, ExitCode: 137, Reason: "OOMKilled"})
			}, apperr.Interrupted, []string{"the installer ran out of memory"},
		},
		"evicted": {
			func(w *world) { w.cluster.run = is(application.PodFacts{Ended: true, Reason: "Evicted"}) }, apperr.PodEvicted, nil,
		},
		"stopped at its deadline by the node": {
			func(w *world) {
				w.cluster.run = is(application.PodFacts{Started: true, Ended: true, Reason: "DeadlineExceeded"})
			}, apperr.DeadlineExceeded, nil,
		},
		"never stopped": {
			func(w *world) { w.cluster.run = is(application.PodFacts{Scheduled: true, Started: true}) }, apperr.DeadlineExceeded, nil,
		},
		"no node": {
			func(w *world) { w.cluster.run = is(application.PodFacts{}) },
			apperr.DeadlineExceeded,
			[]string{"no node took the install pod"},
		},
		"image not found": {
			func(w *world) { w.cluster.run = is(application.PodFacts{Scheduled: true, Waiting: "ImagePullBackOff"}) },
			apperr.ImagePullFailed,
			[]string{"ImagePullBackOff"},
		},
		"image name not valid": {
			func(w *world) { w.cluster.run = is(application.PodFacts{Scheduled: true, Waiting: "InvalidImageName"}) },
			apperr.ImagePullFailed,
			[]string{"InvalidImageName"},
		},
		"pod deleted by somebody": {
			func(w *world) { w.cluster.run = func(pod) application.PodFacts { return application.PodFacts{} } },
			apperr.PodEvicted, nil,
		},
		"rights missing": {
			func(w *world) { w.cluster.missing = []string{"create roles"} }, apperr.RightsMissing, []string{"create roles"},
		},
		"rights refused on the way": {
			func(w *world) { w.cluster.errs["Prepare"] = apperr.Of(apperr.ClusterForbidden) }, apperr.RightsMissing, nil,
		},
		"pod refused": {
			func(w *world) { w.cluster.errs["Start"] = apperr.Of(apperr.PodRefused) }, apperr.PodRefused, nil,
		},
		"another installation's operation": {
			func(w *world) { w.cluster.errs["Prepare"] = apperr.Of(apperr.OperationForeign) }, apperr.OperationForeign, nil,
		},
		"cluster dead from the start": {
			func(w *world) { w.cluster.errs["CheckRights"] = apperr.Of(apperr.ClusterTimeout) }, apperr.ClusterTimeout, nil,
		},
		"cluster dead in the middle": {
			func(w *world) {
				w.cluster.errs["Prepare"] = apperr.Of(apperr.ClusterRefused)
				w.cluster.errs["Cleanup"] = apperr.Of(apperr.ClusterRefused)
			}, apperr.ClusterRefused, nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			tc.spoil(w)
			op := w.end(w.install(application.InstallRequest{Name: "web"}))
			if op.Phase != application.PhaseFailed || op.Code != tc.want {
				t.Errorf("ended %s with code %q, want %q", op.Phase, op.Code, tc.want)
			}
			if diff := cmp.Diff(tc.detail, op.Detail); diff != "" {
				t.Errorf("detail (-want +got):\n%s", diff)
			}
			if a := w.application("web"); a.State != application.Errored || a.Code != tc.want {
				t.Errorf("the application is %s with code %q", a.State, a.Code)
			}
			if sentence, hint := application.Explain(op); sentence == "" || hint == "" {
				t.Errorf("explained as %q, hint %q", sentence, hint)
			}

			w.cluster.errs, w.cluster.missing, w.cluster.run = map[string]error{}, nil, succeeds
			if op := w.end(w.install(application.InstallRequest{Name: "web"})); op.Phase != application.PhaseSucceeded {
				t.Errorf("tried again, it ended with code %q", op.Code)
			}
		})
	}
}

func TestMachine_failedUpgradeAndUninstallKeepTheApplication(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.end(w.install(application.InstallRequest{Name: "web"}))

	w.cluster.missing = []string{"create roles"}
	w.end(w.install(application.InstallRequest{Name: "web"}))
	if a := w.application("web"); a.State != application.UpdateErrored || a.Version != "1.0.0" {
		t.Errorf("after a failed upgrade: %+v", a)
	}
	w.end(w.uninstall("web"))
	if a := w.application("web"); a.State != application.UninstallErrored || a.Version != "1.0.0" {
		t.Errorf("after a failed uninstall: %+v", a)
	}
}

func TestMachine_deadlineDoesNotMove(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.cluster.run = func(pod) application.PodFacts {
		return application.PodFacts{Found: true, Scheduled: true, Started: true}
	}
	op := w.install(application.InstallRequest{Name: "web"})
	began := w.clock.at
	if end := w.end(op); !end.DeadlineAt.Equal(op.DeadlineAt) {
		t.Errorf("the deadline moved from %s to %s", op.DeadlineAt, end.DeadlineAt)
	}
	if took := w.clock.at.Sub(began); took > op.Entry.Deadline()+2*time.Minute {
		t.Errorf("it took %s", took)
	}
}

func TestMachine_comesBackWhenTheClusterAllowsIt(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ after, want time.Duration }{
		"it said nothing":         {0, 10 * time.Second},
		"in a second":             {time.Second, 10 * time.Second},
		"in a minute":             {time.Minute, time.Minute},
		"long after the deadline": {24 * time.Hour, application.Entry{}.Deadline() - 10*time.Second}, // one more try
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.cluster.errs["Prepare"] = apperr.Of(apperr.ClusterThrottled).WithAfter(test.after)
			next, err := w.step(w.install(application.InstallRequest{Name: "web"}))
			if err != nil || next.Delay() != test.want {
				t.Errorf("it comes back after %v (%v), want %v", next.Delay(), err, test.want)
			}
		})
	}
}

func TestMachine_waitsForAnOldPodToGo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.cluster.inTheWay = 3
	if op := w.end(w.install(application.InstallRequest{Name: "web"})); op.Phase != application.PhaseSucceeded {
		t.Errorf("ended with code %q", op.Code)
	}
}

func TestMachine_wakesFollowersWhenThePodRuns(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	poked := 0
	w.machine.Poke = func() { poked++ }
	w.cluster.run = func(pod) application.PodFacts { return application.PodFacts{Found: true, Started: true} }
	op := w.install(application.InstallRequest{Name: "web"})
	next, err := w.step(op)
	if err != nil || next.IsDone() || next.Delay() != 30*time.Second {
		t.Errorf("a running operation waits %v (done %t), %v", next.Delay(), next.IsDone(), err)
	}
	if poked != 1 {
		t.Errorf("the followers were poked %d times", poked)
	}
	want := fmt.Sprintf("operation/%d", op.ID)
	followers, err := (&application.Followers{Store: w.store, Runner: w.cluster}).Wanted(t.Context())
	if err != nil || len(followers) != 1 || followers[0].Key != want {
		t.Errorf("wanted %v, %v", followers, err)
	}
}

// Rights that are missing keep an install from beginning. They must not keep
// what it left from being cleared away.
func TestMachine_uninstallOfWhatNeverRan(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.cluster.missing = []string{"create roles"}
	w.end(w.install(application.InstallRequest{Name: "web"}))
	if op := w.end(w.uninstall("web")); op.Phase != application.PhaseSucceeded {
		t.Errorf("the uninstall ended with code %q", op.Code)
	}
	if a := w.application("web"); a.State != application.Installable {
		t.Errorf("the application is %s", a.State)
	}
}
