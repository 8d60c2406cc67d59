package audit

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"
)

const (
	// scanBatch is how many rows are read at a time once a page did not fill at first, and scanMost how many it looks at: a
	// filter that few rows pass ends in a short page that says where to go on, not in a long search.
	scanBatch = 500
	scanMost  = 1000
)

// Row is an event with its place in the chain, which is zero while it waits for one.
type Row struct {
	Event

	N    int64
	Hash []byte
}

// Cursor is a place in the order of rows, the newest first. The zero one is before all of them.
type Cursor struct {
	At time.Time
	ID int64
}

// String is the cursor as a text, empty for the zero one.
func (c Cursor) String() string {
	if c.ID == 0 {
		return ""
	}
	return fmt.Sprintf("%d.%d", c.At.UnixMicro(), c.ID)
}

// ParseCursor is the inverse of String.
func ParseCursor(text string) (Cursor, error) {
	if text == "" {
		return Cursor{}, nil
	}
	var at, id int64
	if _, err := fmt.Sscanf(text, "%d.%d", &at, &id); err != nil || id <= 0 {
		return Cursor{}, fmt.Errorf("read the cursor %q: it is none of ours", text)
	}
	return Cursor{At: time.UnixMicro(at), ID: id}, nil
}

// Query asks for rows. What is zero does not matter.
type Query struct {
	// GroupID asks for what happened in that group: to itself, or to a group or project below it, deleted ones too.
	GroupID int64
	// ProjectID asks for what belongs to that project.
	ProjectID int64
	// Actor is a name, Action a noun or a noun.verb.
	Actor      string
	Action     string
	ObjectKind string
	ObjectID   int64 // with ObjectKind
	// Since is the first moment, Until the one after the last.
	Since, Until time.Time
	// After is where the page before ended. Limit is how many rows at most.
	After Cursor
	Limit int
}

// matches reports whether an event is asked for. It does not look at the group, which leads wherever it is given: an event
// does not tell in which groups it happened.
func (q Query) matches(e Event) bool {
	return (q.ProjectID == 0 || e.ProjectID == q.ProjectID) &&
		(q.Actor == "" || e.Actor.Name == q.Actor) &&
		(q.Action == "" || e.Action == q.Action || Noun(e.Action) == q.Action) &&
		(q.ObjectKind == "" || e.Object.Kind == q.ObjectKind) && (q.ObjectID == 0 || e.Object.ID == q.ObjectID)
}

// Lead is the part of a query that one index answers, in order.
type Lead struct {
	// Column is one of the Lead... constants, Value what it must be. By object, ID is that of the object.
	Column string
	Text   string
	ID     int64
}

// The columns that lead an index.
const (
	LeadNone    = ""
	LeadObject  = "object"
	LeadProject = "project"
	LeadGroup   = "group"
	LeadActor   = "actor"
	LeadAction  = "action"
	LeadNoun    = "noun"
)

// lead chooses the index that leaves the fewest rows to look at, by experience.
func (q Query) lead() Lead {
	switch {
	case q.GroupID != 0:
		return Lead{Column: LeadGroup, ID: q.GroupID}
	case q.ObjectKind != "" && q.ObjectID != 0:
		return Lead{LeadObject, q.ObjectKind, q.ObjectID}
	case q.ProjectID != 0:
		return Lead{Column: LeadProject, ID: q.ProjectID}
	case strings.Contains(q.Action, "."):
		return Lead{Column: LeadAction, Text: q.Action}
	case q.Actor != "":
		return Lead{Column: LeadActor, Text: q.Actor}
	case q.Action != "":
		return Lead{Column: LeadNoun, Text: q.Action}
	}
	return Lead{}
}

// Reader reads rows by one index, the newest first, from before a place and not from before since.
type Reader interface {
	Rows(ctx context.Context, lead Lead, before Cursor, since time.Time, limit int) ([]Row, error)
}

// Record answers questions about the record.
type Record struct{ Reader Reader }

// Page returns the rows that are asked for, the newest first, and where the next page begins; the zero cursor after the
// last one. A page may be short though there are more.
func (r Record) Page(ctx context.Context, q Query) ([]Row, Cursor, error) {
	place := Cursor{At: time.UnixMicro(math.MaxInt64), ID: math.MaxInt64}
	if !q.Until.IsZero() {
		place = Cursor{At: q.Until}
	}
	if q.After.ID != 0 {
		place = q.After
	}
	page := make([]Row, 0, q.Limit)
	for looked, size := 0, q.Limit; looked < scanMost; size = scanBatch {
		rows, err := r.Reader.Rows(ctx, q.lead(), place, q.Since, size)
		if err != nil {
			return nil, Cursor{}, fmt.Errorf("read the audit record: %w", err)
		}
		for _, row := range rows {
			if place = (Cursor{row.At, row.ID}); !q.matches(row.Event) {
				continue
			}
			if page = append(page, row); len(page) == q.Limit {
				return page, place, nil
			}
		}
		if looked += len(rows); len(rows) < size {
			return page, Cursor{}, nil
		}
	}
	return page, place, nil
}
