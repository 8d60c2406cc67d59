package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// event is one line of go test -json; see `go doc test2json` and `go help buildjson`.
type event struct {
	Action      string  `json:"Action"`
	Package     string  `json:"Package"`
	ImportPath  string  `json:"ImportPath"` // of a build event, which has no Package
	Test        string  `json:"Test"`       // empty for an event of the whole package
	Elapsed     float64 `json:"Elapsed"`    // seconds
	Output      string  `json:"Output"`
	FailedBuild string  `json:"FailedBuild"` // the ImportPath whose build events explain the failure
}

// report counts the tests and keeps the output of those that have not passed yet.
type report struct {
	out                     io.Writer
	passed, failed, skipped int
	output                  map[string]*strings.Builder // by import path and test
	failures                map[string]int              // failed tests by package
}

func newReport(out io.Writer) *report {
	return &report{out: out, output: map[string]*strings.Builder{}, failures: map[string]int{}}
}

// read takes the events of one run of go test.
func (r *report) read(events io.Reader) error {
	decoder := json.NewDecoder(events)
	for {
		var e event
		if err := decoder.Decode(&e); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("reading the events of go test: %w", err)
		}
		r.add(e)
	}
}

func (r *report) add(e event) {
	switch e.Action {
	case "output":
		r.keep(e.Package+" "+e.Test, e.Output)
	case "build-output":
		r.keep(e.ImportPath, e.Output)
	case "pass", "fail", "skip":
		if e.Test == "" {
			r.endPackage(e)
		} else {
			r.endTest(e)
		}
	}
}

func (r *report) keep(key, output string) {
	if r.output[key] == nil {
		r.output[key] = &strings.Builder{}
	}
	r.output[key].WriteString(output)
}

func (r *report) endTest(e event) {
	key := e.Package + " " + e.Test
	switch e.Action {
	case "pass":
		r.passed++
	case "skip":
		r.skipped++
		fmt.Fprintf(r.out, "SKIP %s\n%s", key, r.kept(key))
	case "fail":
		r.failed++
		r.failures[e.Package]++
		fmt.Fprintf(r.out, "FAIL %s (%.2f s)\n%s", key, e.Elapsed, r.kept(key))
	}
	delete(r.output, key)
}

// endPackage counts a package that failed without a failed test (it did not build, or its process died) as one failure.
func (r *report) endPackage(e event) {
	key := e.Package + " "
	switch e.Action {
	case "pass":
		fmt.Fprintf(r.out, "ok   %s (%.2f s)\n", e.Package, e.Elapsed)
	case "fail":
		fmt.Fprintf(r.out, "FAIL %s (%.2f s)\n", e.Package, e.Elapsed)
		if r.failures[e.Package] == 0 {
			r.failed++
			fmt.Fprint(r.out, r.kept(e.FailedBuild), r.unfinished(e.Package))
		}
	}
	delete(r.output, key)
}

// unfinished returns what a package and those of its tests printed that never came to an end.
func (r *report) unfinished(pkg string) string {
	var all strings.Builder
	for _, key := range slices.Sorted(maps.Keys(r.output)) {
		if strings.HasPrefix(key, pkg+" ") {
			all.WriteString(r.kept(key))
			delete(r.output, key)
		}
	}
	return all.String()
}

func (r *report) kept(key string) string {
	if output := r.output[key]; output != nil {
		return output.String()
	}
	return ""
}

// broken counts a module whose tests could not be run.
func (r *report) broken(dir string, err error) {
	r.failed++
	fmt.Fprintf(r.out, "FAIL %s: %v\n", dir, err)
}

// ok reports whether every test ran and passed. One that skipped itself did not run, and says why in its output.
func (r *report) ok() bool {
	return r.failed == 0 && r.skipped == 0 && r.passed > 0
}

func (r *report) summary() string {
	line := fmt.Sprintf("%d passed, %d failed", r.passed, r.failed)
	if r.skipped > 0 {
		line += fmt.Sprintf(", %d skipped", r.skipped)
	}
	return line
}
