package eks

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/provision"
)

// maxPolicy is what AssumeRole takes, in characters.
const maxPolicy = 2048

func purposes() []provision.Purpose {
	return []provision.Purpose{
		provision.ToVerify, provision.ToDescribe, provision.ToProvision, provision.ToConnect, provision.ToDelete,
	}
}

// longestGrant fills every placeholder with the longest value that there is.
func longestGrant(purpose provision.Purpose) provision.Grant {
	role, run := testRole(), testRun()
	role.Partition, role.AccountID = "aws-us-gov", "210987654321"
	role.StackRoleARN = "arn:aws-us-gov:iam::210987654321:role/roadstead/" + strings.Repeat("x", 64)
	run.Spec.Name = strings.Repeat("n", 100)
	return provision.Grant{Role: role, Region: "ap-southeast-4", Purpose: purpose, Run: run}
}

type statements struct {
	Statement []struct {
		Effect   string
		Action   any
		Resource any
	}
}

func TestSessionPoliciesFit(t *testing.T) {
	t.Parallel()
	for _, purpose := range purposes() {
		for _, stackRole := range []bool{true, false} {
			grant := longestGrant(purpose)
			if !stackRole {
				grant.Role.StackRoleARN = ""
			}
			text, err := sessionPolicy(grant)
			if err != nil {
				t.Fatal(err)
			}
			var parsed statements
			if err := json.Unmarshal([]byte(text), &parsed); err != nil || len(parsed.Statement) == 0 || strings.Contains(text, "${") {
				t.Errorf("%s: %v in %s", purpose, err, text)
			}
			if len(text) > maxPolicy {
				t.Errorf("%s: %d characters, of %d at most", purpose, len(text), maxPolicy)
			}
			t.Logf("%s, stack role %t: %d characters", purpose, stackRole, len(text))
		}
	}
}

// TestSessionsAreNarrow pins which session may make or delete anything, and where.
func TestSessionsAreNarrow(t *testing.T) {
	t.Parallel()
	for _, purpose := range purposes() {
		run := testRun()
		text, err := sessionPolicy(provision.Grant{Role: testRole(), Region: "eu-west-1", Purpose: purpose, Run: run})
		if err != nil {
			t.Fatal(err)
		}
		makes := purpose == provision.ToProvision
		deletes := purpose == provision.ToProvision || purpose == provision.ToDelete
		if strings.Contains(text, "cloudformation:CreateStack") != makes || strings.Contains(text, "cloudformation:DeleteStack") != deletes {
			t.Errorf("%s: %s", purpose, text)
		}
		if (makes || deletes) && !strings.Contains(text, "stack/roadstead-"+run.UUID+"-*/*") {
			t.Errorf("%s reaches beyond the stacks of its run: %s", purpose, text)
		}
		if strings.Contains(text, ":*\"") {
			t.Errorf("%s holds all actions of a service, beside a stack role: %s", purpose, text)
		}
	}
}

func TestSessionPolicyTakesNoSpecialCharacters(t *testing.T) {
	t.Parallel()
	for name, bend := range map[string]func(*provision.Grant){
		"a wildcard":      func(g *provision.Grant) { g.Run.Spec.Name = "*" },
		"a quote":         func(g *provision.Grant) { g.Role.StackRoleARN = `x","Action":"*` },
		"a variable":      func(g *provision.Grant) { g.Region = "${aws:username}" },
		"nothing":         func(g *provision.Grant) { g.Role.AccountID = "" },
		"a question mark": func(g *provision.Grant) { g.Role.Partition = "aws?" },
	} {
		grant := provision.Grant{Role: testRole(), Region: "eu-west-1", Purpose: provision.ToProvision, Run: testRun()}
		bend(&grant)
		text, err := sessionPolicy(grant)
		if apperr.CodeOf(err) != apperr.CloudInvalid || text != "" {
			t.Errorf("%s: %q, %v", name, text, err)
		}
	}
}

// TestBootstrapAllowsWhatSessionsDo compares the role that we propose with what is asked of it: nothing is missing, and
// nothing is there that no session uses.
func TestBootstrapAllowsWhatSessionsDo(t *testing.T) {
	t.Parallel()
	used := map[string]bool{}
	for _, purpose := range purposes() {
		text, err := sessionPolicy(longestGrant(purpose))
		if err != nil {
			t.Fatal(err)
		}
		var parsed statements
		if err := json.Unmarshal([]byte(text), &parsed); err != nil {
			t.Fatal(err)
		}
		for _, statement := range parsed.Statement {
			for _, action := range listed(statement.Action) {
				used[action] = true
			}
		}
	}
	delete(used, "sts:GetCallerIdentity") // cannot be denied, so need not be allowed
	allowed := bootstrapActions(t)
	for action := range used {
		if !slices.Contains(allowed, action) {
			t.Errorf("a session asks for %s, which the role of the bootstrap template lacks", action)
		}
	}
	for _, action := range allowed {
		if !used[action] {
			t.Errorf("the role of the bootstrap template allows %s, which no session asks for", action)
		}
	}
}

func bootstrapActions(t *testing.T) []string {
	t.Helper()
	var role struct {
		Policies []struct {
			PolicyDocument struct {
				Statement []struct {
					Action any `yaml:"Action"`
				} `yaml:"Statement"`
			} `yaml:"PolicyDocument"`
		} `yaml:"Policies"`
	}
	properties := parsed(t, bootstrapTemplate).Resources["ProvisionRole"].Properties
	stripTags(&properties)
	if err := properties.Decode(&role); err != nil {
		t.Fatal(err)
	}
	var actions []string
	for _, statement := range role.Policies[0].PolicyDocument.Statement {
		actions = append(actions, listed(statement.Action)...)
	}
	return actions
}

// stripTags turns what CloudFormation would work out into plain text.
func stripTags(n *yaml.Node) {
	if strings.HasPrefix(n.Tag, "!") && !strings.HasPrefix(n.Tag, "!!") {
		n.Tag = ""
	}
	for _, child := range n.Content {
		stripTags(child)
	}
}

// listed makes a list of an action or of several.
func listed(actions any) []string {
	if one, ok := actions.(string); ok {
		return []string{one}
	}
	var list []string
	for _, action := range actions.([]any) {
		list = append(list, action.(string))
	}
	return list
}
