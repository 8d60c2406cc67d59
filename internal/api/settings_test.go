package api_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/roadstead/roadstead/internal/apitest"
	"github.com/roadstead/roadstead/internal/setting"
)

func TestTheDocumentTellsTheBoundsOfSettings(t *testing.T) {
	t.Parallel()
	var document struct {
		Components struct {
			Schemas struct {
				EditSettings struct {
					Properties map[string]struct{ Description string }
				}
			}
		}
	}
	if err := json.Unmarshal(apitest.New(t).Handler.Document(), &document); err != nil {
		t.Fatal(err)
	}
	told := document.Components.Schemas.EditSettings.Properties
	if len(told) != len(setting.Numbers()) {
		t.Errorf("%d settings are told of", len(told))
	}
	for _, n := range setting.Numbers() {
		if !strings.HasPrefix(told[n.Name].Description, n.Bounds()) {
			t.Errorf("%s: %q does not begin with %q", n.Name, told[n.Name].Description, n.Bounds())
		}
	}
}
