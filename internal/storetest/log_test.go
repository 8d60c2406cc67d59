package storetest_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/application"
	"github.com/roadstead/roadstead/internal/storetest"
	"github.com/roadstead/roadstead/internal/work"
)

// lines are the log lines from one seq to another.
func lines(from, to int64) []application.LogLine {
	list := make([]application.LogLine, 0, to-from+1)
	for seq := from; seq <= to; seq++ {
		list = append(list, application.LogLine{Seq: seq, Text: fmt.Sprintf("line %d", seq)})
	}
	return list
}

func TestLogHasNoDuplicates(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config(t)
			w, ctx := newWorld(t, cfg), t.Context()
			s, o := w.Applications(), w.addOperation(t, "nginx")
			if got := must(s.LastLogSeq(ctx, o.ID))(t); got != 0 {
				t.Errorf("an empty log ends with %d", got)
			}
			check(t, s.AppendLog(ctx, o.ID, 0, lines(1, 5)))
			check(t, s.AppendLog(ctx, o.ID, 0, lines(3, 8)))
			if diff := cmp.Diff(lines(1, 8), must(s.Log(ctx, o.ID, 0, 100))(t)); diff != "" {
				t.Errorf("log (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(lines(4, 5), must(s.Log(ctx, o.ID, 3, 2))(t)); diff != "" {
				t.Errorf("page after 3 (-want +got):\n%s", diff)
			}
			if got := must(s.LastLogSeq(ctx, o.ID))(t); got != 8 {
				t.Errorf("the log ends with %d, want 8", got)
			}
			wantCode(t, s.AppendLog(ctx, 99, 0, lines(1, 1)), apperr.NotFound)
		})
	}
}

func TestLogRefusesLateFollower(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config(t)
			w, ctx := newWorld(t, cfg), t.Context()
			s, o := w.Applications(), w.addOperation(t, "nginx")
			steps := []struct {
				name  string
				epoch int64
				want  error
			}{
				{"first follower", 5, nil},
				{"second follower", 6, nil},
				{"first one again", 5, work.ErrLeaseLost},
				{"not a follower", 0, nil},
				{"first one after that", 5, work.ErrLeaseLost},
				{"second one still", 6, nil},
			}
			for i, step := range steps {
				err := s.AppendLog(ctx, o.ID, step.epoch, lines(int64(i+1), int64(i+1)))
				if !errors.Is(err, step.want) {
					t.Errorf("%s: %v, want %v", step.name, err, step.want)
				}
			}
			want := []int64{1, 2, 4, 6}
			var got []int64
			for _, line := range must(s.Log(ctx, o.ID, 0, 100))(t) {
				got = append(got, line.Seq)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("stored (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLogAnnouncesGrowth(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config(t)
			w, ctx := newWorld(t, cfg), t.Context()
			o := w.addOperation(t, "nginx")
			heard := record(cfg.Bus)
			check(t, w.Applications().AppendLog(ctx, o.ID, 0, lines(1, 2)))
			check(t, w.Applications().AppendLog(ctx, o.ID, 0, lines(1, 2)))
			if diff := cmp.Diff([]string{application.LogTopic(o.ID)}, heard()); diff != "" {
				t.Errorf("notices (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLongLogKeepsHeadAndTail(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config(t)
			w, ctx := newWorld(t, cfg), t.Context()
			s, o := w.Applications(), w.addOperation(t, "nginx")
			const batches, each, size = 60, 100, 1 << 10
			for batch := range int64(batches) {
				long := lines(batch*each+1, (batch+1)*each)
				for i := range long {
					long[i].Text += strings.Repeat("x", size-1-len(long[i].Text))
				}
				check(t, s.AppendLog(ctx, o.ID, 0, long))
			}
			// 2 MiB are 2048 lines of 1 KiB.
			check(t, s.AppendLog(ctx, o.ID, 0, lines(2100, 2110)))
			got := must(s.Log(ctx, o.ID, 0, batches*each))(t)
			kept := int64(0)
			for _, line := range got {
				kept += int64(len(line.Text)) + 1
			}
			if limit := int64(4<<20 + 100); kept > limit {
				t.Errorf("%d bytes are kept, more than %d", kept, limit)
			}
			if len(got) != 2048+1+2048 {
				t.Fatalf("%d lines are kept, want 4097", len(got))
			}
			seqs := []int64{got[0].Seq, got[2047].Seq, got[2048].Seq, got[2049].Seq, got[4096].Seq}
			if diff := cmp.Diff([]int64{1, 2048, 2049, 3953, 6000}, seqs); diff != "" {
				t.Errorf("edges of head, marker and tail (-want +got):\n%s", diff)
			}
			if want := "... lines 2049 to 3952 were not kept: the log is too long ..."; got[2048].Text != want {
				t.Errorf("marker %q, want %q", got[2048].Text, want)
			}
		})
	}
}
