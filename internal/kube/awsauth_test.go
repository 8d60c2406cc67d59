package kube

import (
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

const nodeRole = "arn:aws:iam::222222222222:role/roadstead/nodes"

func TestMergeRolesKeepsWhatIsThere(t *testing.T) {
	t.Parallel()
	others := `# kept by the platform team
- rolearn: arn:aws:iam::222222222222:role/admins # do not touch
  username: admin
  surprise: {a: 1}
  groups:
    - system:masters
- groups: [viewers]
  rolearn: arn:aws:iam::222222222222:role/viewers
  username: viewer
`
	ours := "- rolearn: " + nodeRole + "\n"
	tests := map[string]struct {
		text, keeps string
		entries     int
		unchanged   bool
	}{
		"nothing there":        {text: "", entries: 1},
		"an empty list":        {text: "[]\n", entries: 1},
		"comments and order":   {text: others, keeps: others, entries: 3},
		"no newline at end":    {text: strings.TrimSuffix(others, "\n"), keeps: others, entries: 3},
		"indented entries":     {text: "  - rolearn: a\n    groups: []\n", entries: 2},
		"one line":             {text: `[{"rolearn": "a", "surprise": true}]`, keeps: "surprise", entries: 2},
		"there already":        {text: others + ours, keeps: others, entries: 3, unchanged: true},
		"there, in other form": {text: `[{"rolearn": "` + nodeRole + `"}]`, entries: 1, unchanged: true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			merged, changed, err := mergeRoles(test.text, nodeRole)
			if err != nil || changed == test.unchanged {
				t.Fatalf("changed %v, %v", changed, err)
			}
			var entries []map[string]any
			if err := yaml.Unmarshal([]byte(merged), &entries); err != nil || len(entries) != test.entries {
				t.Fatalf("%d entries, want %d: %v in\n%s", len(entries), test.entries, err, merged)
			}
			if !strings.Contains(merged, test.keeps) || test.unchanged && merged != test.text {
				t.Errorf("not all is kept:\n%s", merged)
			}
			if last := entries[len(entries)-1]; last["rolearn"] != nodeRole {
				t.Errorf("the last entry is %v", last)
			}
			if again, changed, err := mergeRoles(merged, nodeRole); err != nil || changed || again != merged {
				t.Errorf("merging again changes it: %v\n%s", err, again)
			}
		})
	}
}

func TestMergeRolesRefusesWhatItCannotRead(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"- rolearn: [", "just words", "rolearn: a\n", "- a\n- b\n", "\t- rolearn: a"} {
		if merged, changed, err := mergeRoles(text, nodeRole); err == nil || changed || merged != "" {
			t.Errorf("%q becomes %q, %v", text, merged, err)
		}
	}
}
