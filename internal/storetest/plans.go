package storetest

import (
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/roadstead/roadstead/internal/store"
)

// FullScan is a read that goes through a table from end to end.
type FullScan struct {
	Table string
	store.Plan
}

// Scans collects the full scans of what is read from a store.
type Scans struct {
	mu    sync.Mutex
	found []FullScan
	plans int
}

// Explain returns a view of db whose reads are explained, and where their full
// scans are collected. A read whose plan cannot be had fails the test.
func Explain(t testing.TB, db *store.DB) (*store.DB, *Scans) {
	t.Helper()
	scans := &Scans{}
	return db.Explained(func(p store.Plan) {
		if p.Err != nil {
			t.Errorf("explain %s: %v", p.Query, p.Err)
		}
		scans.add(p)
	}), scans
}

// Of returns the full scans of the tables, and how many reads there were.
func (s *Scans) Of(tables ...string) (found []FullScan, reads int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, scan := range s.found {
		if slices.Contains(tables, scan.Table) {
			found = append(found, scan)
		}
	}
	return found, s.plans
}

func (s *Scans) add(p store.Plan) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.plans++
	for _, table := range scanned(p) {
		s.found = append(s.found, FullScan{Table: table, Plan: p})
	}
}

// The steps that go through something from end to end. SQLite says SCAN and the
// alias; PostgreSQL names the table, and a walk along an index without a
// condition is as much as one of the table.
var (
	sqliteScan   = regexp.MustCompile(`^SCAN (\w+)`)
	postgresScan = regexp.MustCompile(`(?:Seq Scan on|Index(?: Only)? Scan(?: Backward)? using \w+ on) (\w+)`)
	aliasOf      = regexp.MustCompile(`(?i)\b(?:FROM|JOIN)\s+(\w+)(?:\s+(?:AS\s+)?(\w+))?`)
)

func scanned(p store.Plan) (tables []string) {
	for i, step := range p.Steps {
		if m := sqliteScan.FindStringSubmatch(step); m != nil {
			tables = append(tables, tableOf(p.Query, m[1])...)
		}
		m := postgresScan.FindStringSubmatch(step)
		if m == nil {
			continue
		}
		bounded := i+1 < len(p.Steps) && strings.HasPrefix(p.Steps[i+1], "Index Cond:")
		if !bounded {
			tables = append(tables, m[1])
		}
	}
	return tables
}

// tableOf finds the tables that a query calls so.
func tableOf(query, alias string) (tables []string) {
	for _, m := range aliasOf.FindAllStringSubmatch(query, -1) {
		if m[1] == alias || m[2] == alias {
			tables = append(tables, m[1])
		}
	}
	return tables
}
