package telemetry

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"testing"
)

func TestLogsHoldNoCharacterThatATerminalObeys(t *testing.T) {
	t.Parallel()
	hostile := "a\u202eb\u200bc\x1b[31md\re\nf\x7f\u009b2J\ufeff\U000e0041\U0001f600é\xff"
	var out bytes.Buffer
	NewLogger(&out, FormatJSON, slog.LevelInfo).InfoContext(t.Context(), "x", slog.String("name", hostile))
	for i, c := range bytes.TrimSuffix(out.Bytes(), []byte("\n")) {
		if c < 0x20 || c > 0x7e {
			t.Errorf("byte %d of the line is %#x: %q", i, c, out.String())
		}
	}
	var line struct{ Name string }
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatal(err)
	}
	if want := "a\u202eb\u200bc\x1b[31md\re\nf\x7f\u009b2J\ufeff\U000e0041\U0001f600é\ufffd"; line.Name != want {
		t.Errorf("the name reads %q, want %q", line.Name, want)
	}
}
