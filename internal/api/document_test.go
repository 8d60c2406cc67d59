package api_test

import (
	"encoding/json"
	"fmt"
	"os"
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
