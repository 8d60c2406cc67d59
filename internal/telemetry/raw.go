package telemetry

import (
	"log/slog"
	"strconv"
)

// rawBytes is how much of an untrusted text a log line holds.
const rawBytes = 256

// Raw returns the attribute "raw" for text that a cluster, a cloud or Helm wrote: cut to 256 bytes and quoted to ASCII,
// so that it can neither flood the log nor forge a line, move a terminal's cursor or reverse what is read. It is the only
// way such text may reach a log, and the log is the only place it may reach.
func Raw(text string) slog.Attr {
	return slog.String("raw", quoteRaw(text))
}

func quoteRaw(text string) string {
	return strconv.QuoteToASCII(text[:min(len(text), rawBytes)])
}
