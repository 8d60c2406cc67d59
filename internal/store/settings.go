package store

import (
	"context"

	"github.com/roadstead/roadstead/internal/setting"
	"github.com/roadstead/roadstead/internal/store/sqlgen"
)

var _ setting.Store = Settings{}

// Settings keeps what administrators of the instance have set.
type Settings struct{ db *DB }

// Settings returns the store of settings.
func (db *DB) Settings() Settings { return Settings{db: db} }

// Values returns what was set, by name.
func (s Settings) Values(ctx context.Context) (map[string]string, error) {
	return settingValues(ctx, s.db.reader())
}

// Atomically runs fn in one transaction.
func (s Settings) Atomically(ctx context.Context, fn func(setting.Tx) error) error {
	return s.db.atomically(ctx, func(tx *tx) error { return fn(settingTx{tx}) })
}

type settingTx struct{ *tx }

// Values returns what was set, which nobody else changes until the transaction ends.
func (t settingTx) Values(ctx context.Context) (map[string]string, error) {
	if err := t.HoldSettings(ctx); err != nil {
		return nil, doing(err, "hold the settings")
	}
	return settingValues(ctx, t.Queries)
}

// Put stores the value of a setting.
func (t settingTx) Put(ctx context.Context, name, value string) error {
	return doing(t.PutSetting(ctx, sqlgen.PutSettingParams{Name: name, Value: value}), "store setting %s", name)
}

func settingValues(ctx context.Context, q *sqlgen.Queries) (map[string]string, error) {
	rows, err := q.Settings(ctx)
	values := make(map[string]string, len(rows))
	for _, row := range rows {
		values[row.Name] = row.Value
	}
	return values, doing(err, "read the settings")
}
