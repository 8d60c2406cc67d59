package store

import (
	"log/slog"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/roadstead/roadstead/internal/event"
)

// TestAuthReadsNoWholeTable looks at how SQLite finds users, tokens and sessions: by an index, for every request asks.
func TestAuthReadsNoWholeTable(t *testing.T) {
	t.Parallel()
	db, err := Open(t.Context(), Config{DataDir: t.TempDir(), Queue: noQueue{}, Bus: event.NewBus(), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	seen := 0
	for _, file := range []string{"users", "access_tokens", "sessions"} {
		text, err := os.ReadFile("queries/" + file + ".sql")
		if err != nil {
			t.Fatal(err)
		}
		for _, query := range strings.Split(string(text), "-- name: ")[1:] {
			name, query, _ := strings.Cut(query, "\n")
			query, _, _ = strings.Cut(query, ";")
			seen++
			for step := range strings.Lines(explain(t, db, plainSQL(query))) {
				// Scanned may be what the query itself made, and an index that holds only what is looked for.
				whole := strings.HasPrefix(step, "SCAN ") && !strings.HasPrefix(step, "SCAN e") &&
					!strings.HasPrefix(step, "SCAN CONSTANT ROW") && !strings.Contains(step, "users_admin")
				if whole {
					t.Errorf("%s reads a whole table: %s", name, step)
				}
			}
		}
	}
	if seen < 28 {
		t.Errorf("only %d queries were looked at", seen)
	}
}

var (
	argument = regexp.MustCompile(`sqlc\.arg\(\w+\)|\$\d+`)
	embedded = regexp.MustCompile(`sqlc\.embed\((\w+)\)`)
)

// plainSQL is a query of sqlc's as a database reads it, with a number for every argument.
func plainSQL(query string) string {
	return argument.ReplaceAllString(embedded.ReplaceAllString(query, "$1.*"), "1")
}
