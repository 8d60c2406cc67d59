package cli

import (
	"net/http"

	"github.com/roadstead/roadstead/internal/api"
	"github.com/roadstead/roadstead/internal/setting"
)

// settings compares the settings of the instance. They come first: what follows counts by them.
func (p *planner) settings() {
	var fields []field
	for _, n := range setting.Numbers() {
		fields = differ(fields, n.Name, n.Of(setting.Settings(p.there.settings)), n.In(setting.Change(p.file.Settings)))
	}
	if len(fields) > 0 {
		p.add(signChange, "settings", fields, apiRequest{method: http.MethodPatch, path: "/settings", body: p.file.Settings})
	}
}

// settings reads the settings of the instance, if the file has any: only administrators see them.
func (r *stateReader) settings() {
	if r.file.Settings != (api.EditSettings{}) {
		r.there.settings, _ = seen[api.Settings](r, "/settings")
	}
}
