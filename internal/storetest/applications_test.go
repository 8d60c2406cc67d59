package storetest_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/application"
	"github.com/roadstead/roadstead/internal/storetest"
)

func TestApplications(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config(t)
			w, ctx := newWorld(t, cfg), t.Context()
			s, o := w.Applications(), w.addOperation(t, "nginx")
			want := must(s.Application(ctx, w.cluster.ID, "nginx"))(t)
			want.Namespace, want.State, want.Version = "ingress", application.Errored, "1.0.0"
			want.Code, want.OperationID, want.UpdatedAt = apperr.HookFailed, 7, instant().Add(time.Hour)
			check(t, s.Atomically(ctx, func(tx application.Tx) error {
				for _, read := range []func() (application.Application, error){
					func() (application.Application, error) { return tx.Application(ctx, want.ID) },
					func() (application.Application, error) { return tx.ApplicationByName(ctx, w.cluster.ID, "nginx") },
				} {
					if got, err := read(); err != nil || got.ID != want.ID {
						t.Errorf("read for a change: %+v, %v", got, err)
					}
				}
				return tx.UpdateApplication(ctx, want)
			}))
			for name, got := range map[string]application.Application{
				"by id":  must(s.ApplicationByID(ctx, want.ID))(t),
				"listed": must(s.Applications(ctx, w.cluster.ID))(t)[0],
			} {
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%s (-want +got):\n%s", name, diff)
				}
			}
			check(t, s.Atomically(ctx, func(tx application.Tx) error { return tx.DeleteApplication(ctx, want.ID) }))
			_, err := s.Application(ctx, w.cluster.ID, "nginx")
			wantCode(t, err, apperr.NotFound)
			if _, err := s.Operation(ctx, o.ID); err != nil {
				t.Errorf("the operation went with its application: %v", err)
			}
		})
	}
}

func TestOperations(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config(t)
			w, ctx := newWorld(t, cfg), t.Context()
			s, want := w.Applications(), w.addOperation(t, "nginx")
			if diff := cmp.Diff([]application.Operation{want}, must(s.RunningOperations(ctx))(t)); diff != "" {
				t.Errorf("running (-want +got):\n%s", diff)
			}
			if got := must(s.SealedValues(ctx, want.ID))(t); string(got) != "sealed nginx" {
				t.Errorf("sealed values %q", got)
			}
			if got := must(s.SealedValues(ctx, 99))(t); got != nil {
				t.Errorf("values %q of no operation", got)
			}
			want.Phase, want.Version, want.Digest = application.PhaseFailed, "1.2.4", "sha256:1"
			want.Code, want.Detail, want.PodUID = apperr.HookFailed, []string{"job migrate"}, "uid"
			want.Verdict = &application.Verdict{Outcome: "failed", CRDs: []application.CRD{{Name: "widgets", Objects: 2}}}
			want.DeadlineAt, want.StartedAt, want.FinishedAt = instant(), instant(), instant()
			check(t, s.Atomically(ctx, func(tx application.Tx) error {
				if _, err := tx.Operation(ctx, want.ID); err != nil {
					return err
				}
				return tx.UpdateOperation(ctx, want)
			}))
			if diff := cmp.Diff(want, must(s.Operation(ctx, want.ID))(t)); diff != "" {
				t.Errorf("changed (-want +got):\n%s", diff)
			}
			if got := must(s.RunningOperations(ctx))(t); len(got) != 0 {
				t.Errorf("%d operations run, want none", len(got))
			}

			next := want
			next.Token, next.Verdict = "another", nil
			check(t, s.Atomically(ctx, func(tx application.Tx) (err error) {
				if next.ID, err = tx.NextOperationID(ctx); err != nil {
					return err
				}
				return tx.InsertOperation(ctx, next, nil)
			}))
			got := must(s.Operations(ctx, want.ApplicationID, 10))(t)
			if diff := cmp.Diff([]application.Operation{next, want}, got); diff != "" {
				t.Errorf("history (-want +got):\n%s", diff)
			}
			if got := must(s.Operations(ctx, want.ApplicationID, 1))(t); len(got) != 1 {
				t.Errorf("a page of one has %d operations", len(got))
			}
			_, err := s.Operation(ctx, 99)
			wantCode(t, err, apperr.NotFound)
		})
	}
}

func TestFirstDigestStays(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config(t)
			s, ctx := storetest.Open(t, cfg).Applications(), t.Context()
			chart := application.ChartRef{Repository: "oci://charts", Name: "nginx", Version: "1.0.0"}
			if got := must(s.Digest(ctx, chart))(t); got != "" {
				t.Errorf("digest %q before the first resolve", got)
			}
			for _, digest := range []string{"sha256:1", "sha256:2"} {
				check(t, s.Atomically(ctx, func(tx application.Tx) error { return tx.RecordDigest(ctx, chart, digest) }))
			}
			if got := must(s.Digest(ctx, chart))(t); got != "sha256:1" {
				t.Errorf("digest %q, want the first", got)
			}
		})
	}
}

func TestSweep(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config(t)
			w, ctx := newWorld(t, cfg), t.Context()
			s, first := w.Applications(), w.addOperation(t, "nginx")
			old := func(o application.Operation, token string, valuesFrom int64) application.Operation {
				o.Phase, o.Token, o.ValuesFrom = application.PhaseSucceeded, token, valuesFrom
				o.FinishedAt = time.Now().Add(-time.Hour)
				check(t, s.Atomically(ctx, func(tx application.Tx) (err error) {
					if o.ID, err = tx.NextOperationID(ctx); err != nil {
						return err
					}
					return tx.InsertOperation(ctx, o, nil)
				}))
				return o
			}
			passed := old(first, "passed", first.ID)
			latest := old(first, "latest", first.ID)
			first.Phase, first.FinishedAt = application.PhaseSucceeded, time.Now().Add(-time.Hour)
			check(t, s.Atomically(ctx, func(tx application.Tx) error {
				a, err := tx.Application(ctx, first.ApplicationID)
				if err != nil {
					return err
				}
				a.OperationID = latest.ID
				if err := tx.UpdateApplication(ctx, a); err != nil {
					return err
				}
				return tx.UpdateOperation(ctx, first)
			}))
			running := w.addOperation(t, "prometheus")

			check(t, w.Sweep(ctx, 2*time.Hour))
			if _, err := s.Operation(ctx, passed.ID); err != nil {
				t.Errorf("an operation went before its time: %v", err)
			}
			check(t, w.Sweep(ctx, time.Minute))
			_, err := s.Operation(ctx, passed.ID)
			wantCode(t, err, apperr.NotFound)
			for name, id := range map[string]int64{"values in force": first.ID, "latest": latest.ID, "running": running.ID} {
				if _, err := s.Operation(ctx, id); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
		})
	}
}
