package api

import (
	"context"

	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/setting"
)

// Instance is what the API needs of the settings.
type Instance interface {
	Settings(ctx context.Context) (setting.Settings, error)
	Change(ctx context.Context, c setting.Change) (setting.Settings, error)
}

// Settings are those of the instance that are in force.
type Settings struct {
	KeepOperationsDays int `json:"keep_operations_days" doc:"How long operations that have ended are kept, with their logs"`
	KeepAuditDays      int `json:"keep_audit_days" doc:"How long rows of the audit record are kept"`
	DefaultTokenDays   int `json:"default_token_days" doc:"How long a new access token lives unless another end is asked for"`
	LongestTokenDays   int `json:"longest_token_days" doc:"How long a new access token lives at most"`
	SessionHours       int `json:"session_hours" doc:"How long who signs in stays so at most"`
}

// EditSettings is what changes of the settings: all of it or nothing. What is absent stays.
type EditSettings struct {
	KeepOperationsDays *int `json:"keep_operations_days,omitempty" yaml:"keep_operations_days" doc:"1 to 3650 days"`
	KeepAuditDays      *int `json:"keep_audit_days,omitempty" yaml:"keep_audit_days" doc:"30 to 3650 days"`
	DefaultTokenDays   *int `json:"default_token_days,omitempty" yaml:"default_token_days" doc:"1 to 365 days, longest_token_days at most"`
	LongestTokenDays   *int `json:"longest_token_days,omitempty" yaml:"longest_token_days" doc:"7 to 365 days"`
	SessionHours       *int `json:"session_hours,omitempty" yaml:"session_hours" doc:"1 to 168 hours"`
}

type editSettingsInput struct {
	Body EditSettings
}

func (h *Handler) mountSettings(r router) {
	route(r, "GET /settings", "show-settings", "Show the settings of the instance", h.needsInstance(auth.ReadSettings), h.showSettings)
	route(r, "PATCH /settings", "edit-settings", "Change the settings of the instance", h.needsInstance(auth.ManageInstance), h.editSettings)
}

func (h *Handler) showSettings(ctx context.Context, _ *struct{}) (*body[Settings], error) {
	now, err := h.Settings.Settings(ctx)
	return &body[Settings]{Settings(now)}, err
}

func (h *Handler) editSettings(ctx context.Context, in *editSettingsInput) (*body[Settings], error) {
	now, err := h.Settings.Change(ctx, setting.Change(in.Body))
	return &body[Settings]{Settings(now)}, err
}
