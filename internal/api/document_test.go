package api_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/roadstead/roadstead/internal/apitest"
)

const documentFile = "../../docs/reference/api/openapi.json"

// TestDocumentIsCurrent compares the published document with the API. UPDATE_GOLDEN=1 writes it anew.
func TestDocumentIsCurrent(t *testing.T) {
	t.Parallel()
	document := append(apitest.New().Handler.Document(), '\n')
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(documentFile, document, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	published, err := os.ReadFile(documentFile)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(published), string(document)); diff != "" {
		t.Errorf("%s is not current, run `make generate` (-published +API):\n%s", documentFile, diff)
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
