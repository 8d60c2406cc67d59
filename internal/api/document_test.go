package api_test

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/roadstead/roadstead/internal/apitest"
	"github.com/roadstead/roadstead/internal/apperr"
)

func TestDocumentIsCurrent(t *testing.T) {
	t.Parallel()
	current(t, "../../docs/reference/api/openapi.json", string(apitest.New(t).Handler.Document())+"\n")
}

func TestErrorReferenceIsCurrent(t *testing.T) {
	t.Parallel()
	var page strings.Builder
	page.WriteString("# Errors\n\nEverything that can go wrong has one of these codes. This page is generated from the table in\n" +
		"internal/apperr.\n")
	for entry := range apperr.All() {
		fmt.Fprintf(&page, "\n## %s\n\n%s %s\n\nHTTP status %d.\n", entry.Code, entry.Message, entry.Hint, entry.Status)
	}
	current(t, "../../docs/reference/errors.md", page.String())
}

// current compares a published file with what it must be. UPDATE_GOLDEN=1 writes it anew.
func current(t *testing.T, file, want string) {
	t.Helper()
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(file, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	published, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(published), want); diff != "" {
		t.Errorf("%s is not current, run `make generate` (-published +wanted):\n%s", file, diff)
	}
}

func TestDocumentDescribesEveryOperation(t *testing.T) {
	t.Parallel()
	_, c := newClient(t)
	var document struct {
		OpenAPI string `json:"openapi"`
		Paths   map[string]map[string]struct {
			OperationID string                     `json:"operationId"`
			Summary     string                     `json:"summary"`
			Responses   map[string]json.RawMessage `json:"responses"`
		} `json:"paths"`
	}
	c.call("GET", "/api/v1/openapi.json", "", &document)
	if !strings.HasPrefix(document.OpenAPI, "3.1") || len(document.Paths) < 20 {
		t.Fatalf("OpenAPI %q with %d paths", document.OpenAPI, len(document.Paths))
	}
	for path, operations := range document.Paths {
		for method, operation := range operations {
			problem := string(operation.Responses["default"])
			if operation.Summary == "" || operation.OperationID == "" || !strings.Contains(problem, "schemas/Problem") {
				t.Errorf("%s %s lacks a summary, an id or the problem", method, path)
			}
			if !strings.HasPrefix(path, "/api/v1/") {
				t.Errorf("%s is outside the API", path)
			}
		}
	}
}

// TestDocumentSaysWhatIsRepeatable looks for secrets in the answers of changes: those are not kept for a repeat.
func TestDocumentSaysWhatIsRepeatable(t *testing.T) {
	t.Parallel()
	var document struct {
		Paths map[string]map[string]struct {
			OperationID string `json:"operationId"`
			Security    *[]any
			Parameters  []struct{ Name, In, Description string }
			Responses   json.RawMessage
		}
		Components struct{ Schemas map[string]json.RawMessage }
	}
	if err := json.Unmarshal(apitest.New(t).Handler.Document(), &document); err != nil {
		t.Fatal(err)
	}
	secret := regexp.MustCompile(`"(token|secret|password|kubeconfig|private_key)":\s*\{`)
	ref := regexp.MustCompile(`#/components/schemas/(\w+)`)
	var holds func(text string) bool
	holds = func(text string) bool {
		if secret.MatchString(text) {
			return true
		}
		return slices.ContainsFunc(ref.FindAllStringSubmatch(text, -1), func(m []string) bool {
			return holds(string(document.Components.Schemas[m[1]]))
		})
	}
	secrets := 0
	for _, operations := range document.Paths {
		for method, op := range operations {
			described := ""
			for _, p := range op.Parameters {
				if p.Name == "Idempotency-Key" && p.In == "header" {
					described = p.Description
				}
			}
			open := op.Security != nil && len(*op.Security) == 0
			if (described != "") != (method != "get" && !open) {
				t.Errorf("%s describes Idempotency-Key as %q", op.OperationID, described)
			}
			if described == "" {
				continue
			}
			marked := strings.Contains(described, "idempotency_answer_not_kept")
			if hold := holds(string(op.Responses)); hold != marked {
				t.Errorf("%s answers with a secret: %t; it says so: %t", op.OperationID, hold, marked)
			} else if hold {
				secrets++
			}
		}
	}
	if secrets < 3 {
		t.Errorf("only %d answers with a secret were found", secrets)
	}
}
