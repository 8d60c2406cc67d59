package audit_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/roadstead/roadstead/internal/audit"
)

func TestWhatMayBeRecorded(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		entry   audit.Entry
		refused bool
	}{
		"noun and verb":        {entry: audit.Entry{Action: "cluster.attach"}},
		"several words":        {entry: audit.Entry{Action: "access_token.sign_out"}},
		"no verb":              {entry: audit.Entry{Action: "cluster"}, refused: true},
		"a sentence":           {entry: audit.Entry{Action: "Cluster attached"}, refused: true},
		"a detail of the list": {entry: audit.Entry{Action: "cluster.edit", Detail: map[string]string{"changed": "name"}}},
		"any other detail":     {entry: audit.Entry{Action: "cluster.edit", Detail: map[string]string{"body": "{}"}}, refused: true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := test.entry.Checked()
			if (err != nil) != test.refused {
				t.Fatalf("error %v, want refused: %t", err, test.refused)
			}
			if err == nil && (got.Action != test.entry.Action || !maps.Equal(got.Detail, test.entry.Detail)) {
				t.Errorf("%+v became %+v", test.entry, got)
			}
		})
	}
}

func TestTextsAreCutAndPlain(t *testing.T) {
	t.Parallel()
	hostile := "a\nb\x1b[31m\u202ec" + strings.Repeat("\u00e4", 200)
	got, err := audit.Entry{
		Action: "cluster.edit", Object: audit.Object{Name: hostile}, Detail: map[string]string{"name": hostile},
	}.Checked()
	if err != nil {
		t.Fatal(err)
	}
	want := "ab[31mc" + strings.Repeat("\u00e4", 124)
	if got.Object.Name != want || got.Detail["name"] != want {
		t.Errorf("name %q, detail %q, want %q", got.Object.Name, got.Detail["name"], want)
	}
}

func TestTheSystemActsWhenNobodyElseDoes(t *testing.T) {
	t.Parallel()
	if got := audit.ActorFrom(t.Context()); got.Kind != audit.System || got.Name != "system" {
		t.Errorf("%+v", got)
	}
	want := audit.Actor{Kind: audit.Token, UserID: 7, Name: "ada", TokenID: 3}
	if got := audit.ActorFrom(audit.WithActor(t.Context(), want)); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}
