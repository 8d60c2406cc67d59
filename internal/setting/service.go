package setting

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/roadstead/roadstead/internal/audit"
)

// Store keeps what was set: texts by the names of the settings.
type Store interface {
	Values(ctx context.Context) (map[string]string, error)
	// Atomically runs fn in one transaction.
	Atomically(ctx context.Context, fn func(Tx) error) error
}

// Tx changes settings in one transaction, with the record of who did it.
type Tx interface {
	// Values keeps other transactions from changing settings.
	Values(ctx context.Context) (map[string]string, error)
	Put(ctx context.Context, name, value string) error
	Record(ctx context.Context, e audit.Entry) error
}

// Service answers for the settings.
type Service struct{ Store Store }

// Settings returns what is in force. It is one small read.
func (s *Service) Settings(ctx context.Context) (Settings, error) {
	values, err := s.Store.Values(ctx)
	if err != nil {
		return Settings{}, fmt.Errorf("read the settings: %w", err)
	}
	return parse(values)
}

// Change changes settings, all or none, and returns what is in force then. What differs in nothing leaves no row in the
// record.
func (s *Service) Change(ctx context.Context, c Change) (now Settings, err error) {
	err = s.Store.Atomically(ctx, func(tx Tx) error {
		values, err := tx.Values(ctx)
		if err != nil {
			return err
		}
		if now, err = parse(values); err != nil {
			return err
		}
		all := c.apply(&now)
		if len(all) == 0 {
			return nil
		}
		if err := now.check(); err != nil {
			return err
		}
		for _, d := range all {
			if err := tx.Put(ctx, d.name, strconv.Itoa(d.to)); err != nil {
				return err
			}
		}
		return tx.Record(ctx, entry(all))
	})
	if err != nil {
		return Settings{}, fmt.Errorf("change the settings: %w", err)
	}
	return now, nil
}

// parse reads what is stored over the defaults. A name that nobody knows is of another release.
func parse(values map[string]string) (Settings, error) {
	s := Default()
	for _, n := range Numbers() {
		text, set := values[n.Name]
		if !set {
			continue
		}
		value, err := n.parse(text)
		if err != nil {
			return Settings{}, fmt.Errorf("read the stored setting %s: %w", n.Name, err)
		}
		*n.of(&s) = value
	}
	return s, nil
}

func entry(all []difference) audit.Entry {
	names, from, to := make([]string, len(all)), make([]string, len(all)), make([]string, len(all))
	for i, d := range all {
		names[i], from[i], to[i] = d.name, strconv.Itoa(d.from), strconv.Itoa(d.to)
	}
	return audit.Entry{
		Action: "settings.update", Object: audit.Object{Kind: "settings"},
		Detail: map[string]string{
			"changed": strings.Join(names, " "), "from": strings.Join(from, " "), "to": strings.Join(to, " "),
		},
	}
}
