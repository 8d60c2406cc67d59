package logline_test

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/roadstead/roadstead/installer/internal/logline"
	"github.com/roadstead/roadstead/installer/internal/mask"
)

// newLog makes a log whose clock stands still, and what it has written.
func newLog() (*logline.Log, *strings.Builder) {
	var out strings.Builder
	at := time.Date(2026, 1, 2, 4, 4, 5, 60, time.FixedZone("east", 3600))
	return logline.New(&out, func() time.Time { return at }), &out
}

func TestFormOfALine(t *testing.T) {
	t.Parallel()
	log, out := newLog()
	log.Start(logline.Fetch, "getting the chart")
	log.Runningf("%d of %d \x1b[31m\u202e", 1, 2)
	log.Succeeded(`chart "web"`)
	want := `time=2026-01-02T03:04:05.00000006Z seq=1 step=fetch state=started msg="getting the chart"
time=2026-01-02T03:04:05.00000006Z seq=2 step=fetch state=running msg="1 of 2 \x1b[31m\u202e"
time=2026-01-02T03:04:05.00000006Z seq=3 step=fetch state=succeeded msg="chart \"web\""
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}

func TestTextOfManyLines(t *testing.T) {
	t.Parallel()
	log, out := newLog()
	log.Runningf("first\n\n second\n")
	log.Failed("third\nfourth")
	var got []string
	for line := range strings.Lines(out.String()) {
		_, rest, _ := strings.Cut(line, "seq=")
		got = append(got, strings.TrimSpace(rest))
	}
	want := []string{
		`1 step=prepare state=running msg="first"`, `2 step=prepare state=running msg="second"`,
		`3 step=prepare state=failed msg="third; fourth"`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestLongTextIsCut(t *testing.T) {
	t.Parallel()
	log, out := newLog()
	log.Runningf("%s", strings.Repeat("\u00e9", 2000)+"\n"+strings.Repeat("line\n", 1000))
	if out.Len() > 12_000 || strings.ContainsRune(out.String(), '\ufffd') {
		t.Errorf("%d bytes", out.Len())
	}
}

func TestNothingIsWrittenAfterTheEnd(t *testing.T) {
	t.Parallel()
	log, out := newLog()
	log.Close()
	log.Runningf("late")
	if out.Len() > 0 {
		t.Errorf("got %s", out)
	}
}

func TestWhatIsShownOfHelm(t *testing.T) {
	t.Parallel()
	log, out := newLog()
	log.SetMask(mask.New("hunter-2"))
	helm := slog.New(log.Handler()).With("namespace", "web")
	helm.Debug("getting release history")
	helm.Debug("waiting for resource", "kind", "Deployment", "name", "web")
	helm.Debug("Created resource via patch", "name", "web", "gvk", "apps/v1", "patch", "{secret manifest}")
	helm.Warn("upgrade failed", "error", "bad value hunter-2\nin line 2")
	got := strings.ReplaceAll(out.String(), "time=2026-01-02T03:04:05.00000006Z ", "")
	want := `seq=1 step=prepare state=running msg="helm| Created resource via patch namespace=web name=web gvk=apps/v1"
seq=2 step=prepare state=running msg="helm| upgrade failed namespace=web error=bad value [masked] in line 2"
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestStandardLogHidesValues(t *testing.T) {
	t.Parallel()
	log, out := newLog()
	_, err := log.StandardLog().Write([]byte("warning: cannot overwrite table with non table for web.a (map[password:hunter])\n"))
	if err != nil {
		t.Fatal(err)
	}
	if got := out.String(); !strings.Contains(got, `msg="helm| warning: cannot overwrite table with non table for web.a"`) {
		t.Errorf("got %s", got)
	}
}
