package cli

import (
	"fmt"

	"github.com/roadstead/roadstead/internal/api"
	"github.com/roadstead/roadstead/internal/apperr"
)

// importAction is what becomes of one thing of the other side.
type importAction string

// The actions. With a dry run, create means that it would be.
const (
	importCreate importAction = "create"
	importExists importAction = "exists"
	importSkip   importAction = "skip"
	importFail   importAction = "fail"
)

// importItem is one line of the plan, or of what was done.
type importItem struct {
	Action importAction `json:"action"`
	Kind   string       `json:"kind"`
	Path   string       `json:"path"`
	Note   string       `json:"note,omitempty"`
}

// missingToken is a cluster whose token has to be supplied.
type missingToken struct {
	ID     int64  `json:"id"`
	Name   string `json:"name"`
	Of     string `json:"of"`
	APIURL string `json:"api_url"`
}

// importReport is the plan of an import, or what was done.
type importReport struct {
	DryRun bool                 `json:"dry_run"`
	Counts map[importAction]int `json:"counts"`
	Items  []importItem         `json:"items"`
	// MissingUsers are members whom nobody here is like, by username.
	MissingUsers []string `json:"missing_users"`
	// MissingTokens are clusters whose tokens the file does not hold.
	MissingTokens []missingToken `json:"missing_tokens"`
}

func newImportReport(dryRun bool) *importReport {
	return &importReport{
		DryRun: dryRun, Counts: map[importAction]int{}, Items: []importItem{}, MissingUsers: []string{}, MissingTokens: []missingToken{},
	}
}

func (p *importReport) add(action importAction, kind, path, note string) {
	p.Counts[action]++
	p.Items = append(p.Items, importItem{action, kind, path, note})
}

// show prints what is to be done or was done, what is missing and what did not work. What was here before is counted.
func (p *importReport) show(t *table) {
	t.row("ACTION", "KIND", "PATH", "NOTE")
	for _, item := range p.Items {
		if item.Action != importExists {
			t.row(item.Action, item.Kind, item.Path, item.Note)
		}
	}
	if len(p.MissingUsers) > 0 {
		t.line("")
		t.line(fmt.Sprintf("%d users are not here. Make them, or let them sign in, then import again:", len(p.MissingUsers)))
		for _, name := range p.MissingUsers {
			t.row("", name)
		}
	}
	if len(p.MissingTokens) > 0 {
		t.line("")
		t.line("The tokens of clusters cannot be read. Give these in a file, each as ID: TOKEN, with --tokens:")
		for _, m := range p.MissingTokens {
			t.row(m.ID, m.Name, m.Of, m.APIURL)
		}
	}
	created := "created"
	if p.DryRun {
		created = "to create"
	}
	t.line("")
	t.line(fmt.Sprintf("%d %s, %d here before, %d skipped, %d failed.",
		p.Counts[importCreate], created, p.Counts[importExists], p.Counts[importSkip], p.Counts[importFail]))
}

// err is the error of an import of which a part failed.
func (p *importReport) err() error {
	if p.Counts[importFail] == 0 {
		return nil
	}
	return failed(&api.Reason{
		Code: apperr.Conflict, Title: fmt.Sprintf("%d things were not imported.", p.Counts[importFail]),
		Hint: "Mend what the notes say and import again: what is here stays as it is.",
	})
}
