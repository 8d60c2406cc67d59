package main_test

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/roadstead/roadstead/installer/internal/charttest"
	"github.com/roadstead/roadstead/installer/internal/verdict"
)

func TestKilledOperationIsRepaired(t *testing.T) {
	t.Parallel()
	repository := charttest.NewRepository(t)
	repository.Add(t, "web", "1.0.0", web(nil))
	pod := newInstall(t, "web").chart(t, repository.URL, "web", "1.0.0")
	withRepair := []string{"prepare", "fetch", "values", "repair", "apply", "done"}

	pod.kill(t, "fail: never-ready") // leaves it in pending-install
	got := pod.run(t, "", "")
	got.succeeded(t)
	if diff := cmp.Diff(withRepair, got.steps()); diff != "" || got.verdict.Release.Revision != 2 {
		t.Errorf("release %+v, steps %s", got.verdict.Release, diff)
	}

	pod.kill(t, "fail: never-ready") // leaves it in pending-upgrade, as revision 3
	got = pod.run(t, "", "")
	got.succeeded(t)
	if diff := cmp.Diff(withRepair, got.steps()); diff != "" || got.verdict.Release.Revision != 5 {
		t.Errorf("release %+v, steps %s", got.verdict.Release, diff)
	}
	if !strings.Contains(got.log, "rolling back to revision 2") {
		t.Error("the log does not tell of the rollback")
	}
}

// kill runs the program until it waits for something that never comes, and kills it.
func (i *install) kill(t *testing.T, values string) {
	t.Helper()
	p := i.start(t, values, "")
	p.waitFor(t, "waiting for Deployment")
	if err := p.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = p.cmd.Wait()
}

func TestInterruptedOperationEndsAtOnce(t *testing.T) {
	t.Parallel()
	repository := charttest.NewRepository(t)
	repository.Add(t, "web", "1.0.0", web(nil))
	pod := newInstall(t, "web").chart(t, repository.URL, "web", "1.0.0")
	p := pod.start(t, "fail: never-ready", "")
	p.waitFor(t, "waiting for Deployment")
	asked := time.Now()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	got := p.wait(t)
	if took := time.Since(asked); took > 5*time.Second {
		t.Errorf("it took %v", took)
	}
	got.failed(t, verdict.Interrupted)
	if got.verdict.Release == nil || got.verdict.Release.Status != "failed" {
		t.Errorf("got release %+v", got.verdict.Release)
	}
	pod.run(t, "", "").succeeded(t)
}
