package eks

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/provision"
)

//go:embed policies/*.json
var policyFiles embed.FS

var (
	// plainValue is what may be written into a policy: nothing in it is special in JSON, or to IAM.
	plainValue  = regexp.MustCompile(`^[A-Za-z0-9:/_+=,.@-]+$`)
	placeholder = regexp.MustCompile(`\$\{[a-z_]+\}`)
)

type policy struct {
	Version   string            `json:"Version"`
	Statement []json.RawMessage `json:"Statement"`
}

// sessionPolicy narrows a session to its purpose. What a session may do is allowed by the policy and by the role.
func sessionPolicy(g provision.Grant) (string, error) {
	text, err := policyFiles.ReadFile("policies/" + string(g.Purpose) + ".json")
	if err != nil {
		return "", fmt.Errorf("reading the policy of a session: %w", err)
	}
	var p policy
	if err := json.Unmarshal(text, &p); err != nil {
		return "", fmt.Errorf("reading the policy of a session: %w", err)
	}
	if g.Purpose == provision.ToProvision || g.Purpose == provision.ToDelete {
		hands, err := policyFiles.ReadFile("policies/" + handsFile(g.Role))
		if err != nil {
			return "", fmt.Errorf("reading the policy of a session: %w", err)
		}
		p.Statement = append(p.Statement, hands)
	}
	whole, err := json.Marshal(p)
	if err != nil {
		return "", fmt.Errorf("writing the policy of a session: %w", err)
	}
	return fillPolicy(whole, g)
}

// handsFile tells how CloudFormation comes by its rights: it is handed a role for them, or it borrows the session's.
func handsFile(role provision.Role) string {
	if role.StackRoleARN == "" {
		return "without-stack-role.json"
	}
	return "with-stack-role.json"
}

func fillPolicy(text []byte, g provision.Grant) (string, error) {
	values := map[string]string{
		"${partition}":  g.Role.Partition,
		"${account}":    g.Role.AccountID,
		"${region}":     g.Region,
		"${run}":        g.Run.UUID,
		"${cluster}":    g.Run.Spec.Name,
		"${stack_role}": g.Role.StackRoleARN,
	}
	var dense bytes.Buffer
	if err := json.Compact(&dense, text); err != nil {
		return "", fmt.Errorf("writing the policy of a session: %w", err)
	}
	filled := dense.String()
	for _, name := range placeholder.FindAllString(filled, -1) {
		if !plainValue.MatchString(values[name]) {
			return "", invalid(apperr.CloudInvalid, fmt.Errorf("%q cannot stand for %s in a policy", values[name], name))
		}
		filled = strings.ReplaceAll(filled, name, values[name])
	}
	return filled, nil
}
