package vault_test

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"slices"
	"testing"

	"github.com/roadstead/roadstead/internal/audit"
	"github.com/roadstead/roadstead/internal/secret"
	"github.com/roadstead/roadstead/internal/vault"
)

// errKilled is the end of a process.
var errKilled = errors.New("killed")

// mortal counts what lasts: files replaced, batches committed. It dies at the n-th of them, none when n is zero.
type mortal struct {
	n, passed int
	// late says that the n-th took effect before the end.
	late bool
}

func (m *mortal) last(do func() error) error {
	m.passed++
	if m.passed != m.n {
		return do()
	}
	if m.late {
		if err := do(); err != nil {
			return err
		}
	}
	return errKilled
}

// memory is a store that does not outlive the test.
type memory struct {
	record []string
	rows   map[vault.Kind][]vault.Sealed
	life   *mortal
}

func (m *memory) Sealed(_ context.Context, kind vault.Kind, after int64, limit int) ([]vault.Sealed, error) {
	var page []vault.Sealed
	for _, row := range m.rows[kind] {
		if row.ID > after && len(page) < limit {
			page = append(page, row)
		}
	}
	return page, nil
}

func (m *memory) Reseal(_ context.Context, kind vault.Kind, changes []vault.Change) (count int, err error) {
	return count, m.life.last(func() error {
		for _, c := range changes {
			i := slices.IndexFunc(m.rows[kind], func(row vault.Sealed) bool { return row.ID == c.ID })
			if i >= 0 && bytes.Equal(m.rows[kind][i].Ciphertext, c.Old) {
				m.rows[kind][i].Ciphertext = c.Fresh
				count++
			}
		}
		return nil
	})
}

func (m *memory) KeepCanary(_ context.Context, sealed []byte) error {
	if len(m.rows[vault.Canary]) == 0 {
		m.rows[vault.Canary] = []vault.Sealed{{ID: 1, Ciphertext: sealed, Context: secret.CanaryContext()}}
	}
	return nil
}

func (m *memory) Record(_ context.Context, e audit.Entry) error {
	checked, err := e.Checked()
	m.record = append(m.record, checked.Action+" "+checked.Detail["mode"])
	return err
}

// keyFiles are real files whose changes may be the last.
type keyFiles struct {
	*secret.Rotation

	life *mortal
}

func (k keyFiles) Add() error     { return k.life.last(k.Rotation.Add) }
func (k keyFiles) Publish() error { return k.life.last(k.Rotation.Publish) }
func (k keyFiles) Retire() error  { return k.life.last(k.Rotation.Retire) }

// installation is a keyset, what is sealed to it, and a server that has both loaded.
type installation struct {
	dir    string
	store  *memory
	sealer *secret.Sealer
	opener *secret.Opener
}

// newInstallation has so many tokens and values, each sealed text being its place's name.
func newInstallation(t *testing.T, tokens, values int) *installation {
	t.Helper()
	w := &installation{dir: t.TempDir(), store: &memory{rows: map[vault.Kind][]vault.Sealed{}, life: &mortal{}}}
	var err error
	w.sealer, w.opener, err = secret.LoadOrCreate(w.private(), w.public())
	check(t, err)
	check(t, vault.Prove(t.Context(), w.store, w.opener, w.sealer))
	for id := range tokens {
		w.add(t, vault.Tokens, int64(id+1), w.sealer)
	}
	for id := range values {
		w.add(t, vault.Values, int64(id+1), w.sealer)
	}
	return w
}

func (w *installation) private() string { return filepath.Join(w.dir, "keys", "private") }
func (w *installation) public() string  { return filepath.Join(w.dir, "public") }

func (w *installation) add(t *testing.T, kind vault.Kind, id int64, sealer *secret.Sealer) {
	t.Helper()
	place := secret.Context{Table: string(kind), Row: id}
	sealed, err := sealer.Seal(secret.NewValue([]byte(kind)), place)
	check(t, err)
	w.store.rows[kind] = append(w.store.rows[kind], vault.Sealed{ID: id, Ciphertext: sealed, Context: place})
}

// run does a step in a process of its own, which may die.
func (w *installation) run(t *testing.T, step vault.Step, life *mortal) error {
	t.Helper()
	keys, err := secret.HoldKeyset(w.private(), w.public())
	check(t, err)
	opener, err := secret.LoadOpener(w.private())
	check(t, err)
	sealer, err := secret.LoadSealer(w.public())
	check(t, err)
	w.store.life = life
	r := vault.Rotator{
		Store: w.store, Keys: keyFiles{keys, life}, Opener: opener, Sealer: sealer, Note: func(m string) { t.Log(m) },
	}
	err = r.Run(t.Context(), step)
	check(t, keys.Release())
	return err
}

func (w *installation) check(t *testing.T) vault.Report {
	t.Helper()
	report, err := vault.Check(t.Context(), w.store, w.opener)
	check(t, err)
	return report
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
