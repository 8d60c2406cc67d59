package vault_test

import (
	"errors"
	"fmt"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/secret"
	"github.com/roadstead/roadstead/internal/vault"
)

// tokens is more than a batch.
const (
	tokens = 101
	values = 3
	rows   = tokens + values + 1 // and the canary
)

// TestRotationThatIsKilledAnywhere dies before and after each thing that lasts, is run again, and must leave one new
// key, to which everything is sealed. A server that ran all along opens everything at every point.
func TestRotationThatIsKilledAnywhere(t *testing.T) {
	t.Parallel()
	whole := &mortal{}
	check(t, newInstallation(t, tokens, values).run(t, vault.Rotate, whole))
	if whole.passed != 6 { // the two files, two batches of tokens, one of values, the canary
		t.Fatalf("a rotation takes %d steps that last", whole.passed)
	}
	for n := 1; n <= whole.passed; n++ {
		for _, late := range []bool{false, true} {
			t.Run(fmt.Sprintf("step %d late %t", n, late), func(t *testing.T) {
				t.Parallel()
				w := newInstallation(t, tokens, values)
				first := w.sealer.KeyID()
				if err := w.run(t, vault.Rotate, &mortal{n: n, late: late}); !errors.Is(err, errKilled) {
					t.Fatalf("the rotation did not die: %v", err)
				}
				if report := w.check(t); len(report.Bad) > 0 {
					t.Errorf("after its death: %v", report.Bad)
				}
				finished := n == whole.passed && late
				if !finished {
					check(t, w.run(t, vault.Rotate, &mortal{}))
				}
				check(t, w.run(t, vault.Retire, &mortal{}))
				w.restart(t)
				if w.sealer.KeyID() == first {
					t.Error("there is no new key")
				}
				if diff := cmp.Diff(vault.Report{Keys: map[uint32]int{w.sealer.KeyID(): rows}}, w.check(t)); diff != "" {
					t.Errorf("at the end (-want +got):\n%s", diff)
				}
				if held := w.enabledKeys(t); held != 1 {
					t.Errorf("%d keys open at the end: a key was made that nothing is sealed to", held)
				}
			})
		}
	}
}

// restart loads the keyset anew.
func (w *installation) restart(t *testing.T) {
	t.Helper()
	var err error
	w.sealer, w.opener, err = secret.LoadOrCreate(w.private(), w.public())
	check(t, err)
	check(t, vault.Prove(t.Context(), w.store, w.opener, w.sealer))
}

func (w *installation) enabledKeys(t *testing.T) int {
	t.Helper()
	keys, err := secret.HoldKeyset(w.private(), w.public())
	check(t, err)
	older, err := keys.Older()
	check(t, err)
	check(t, keys.Release())
	return len(older) + 1
}

func TestWebHalfWithTheOldPublicKeysetStillWorks(t *testing.T) {
	t.Parallel()
	w := newInstallation(t, 2, 0)
	old := w.dir + "/old-public" // a copy on another machine, which nobody has replaced
	content, err := os.ReadFile(w.public())
	check(t, err)
	check(t, os.WriteFile(old, content, 0o600))
	elsewhere, err := secret.LoadSealer(old)
	check(t, err)

	check(t, w.run(t, vault.Rotate, &mortal{}))
	w.add(t, vault.Tokens, 3, elsewhere)
	if report := w.check(t); len(report.Bad) > 0 || report.Keys[elsewhere.KeyID()] != 1 {
		t.Errorf("report %+v", report)
	}
	if err := w.run(t, vault.Retire, &mortal{}); apperr.CodeOf(err) != apperr.Conflict {
		t.Errorf("a key that is in use was retired: %v", err)
	}
	// Running it again takes the straggler along and makes no third key.
	check(t, w.run(t, vault.Rotate, &mortal{}))
	if diff := cmp.Diff(vault.Report{Keys: map[uint32]int{w.sealer.KeyID(): 4}}, w.check(t)); diff != "" {
		t.Errorf("at the end (-want +got):\n%s", diff)
	}
	check(t, w.run(t, vault.Retire, &mortal{}))
	want := []string{"keyset.rotate prepare", "keyset.rotate publish", "keyset.rotate retire"}
	if diff := cmp.Diff(want, w.store.record); diff != "" {
		t.Errorf("recorded (-want +got):\n%s", diff)
	}
}

// TestPreparedKeyIsNotUsed: workers on other machines get the private keyset before anything is sealed to its new key.
func TestPreparedKeyIsNotUsed(t *testing.T) {
	t.Parallel()
	w := newInstallation(t, 1, 1)
	first := w.sealer.KeyID()
	for range 2 { // asking twice makes one key
		check(t, w.run(t, vault.Prepare, &mortal{}))
	}
	if w.sealer.KeyID() != first || w.enabledKeys(t) != 2 {
		t.Errorf("seals to %08x, was %08x; %d keys", w.sealer.KeyID(), first, w.enabledKeys(t))
	}
	if err := w.run(t, vault.Retire, &mortal{}); apperr.CodeOf(err) != apperr.Conflict {
		t.Errorf("retired in the middle of a rotation: %v", err)
	}
	check(t, w.run(t, vault.Rotate, &mortal{}))
	if w.enabledKeys(t) != 2 || w.check(t).Keys[w.sealer.KeyID()] != 3 {
		t.Errorf("report %+v, %d keys", w.check(t), w.enabledKeys(t))
	}
}

func TestRotationLeavesWhatDoesNotOpen(t *testing.T) {
	t.Parallel()
	w := newInstallation(t, 3, 0)
	w.swap()
	if err := w.run(t, vault.Rotate, &mortal{}); apperr.CodeOf(err) != apperr.CredentialContext {
		t.Errorf("err = %v", err)
	}
	if err := w.run(t, vault.Retire, &mortal{}); apperr.CodeOf(err) != apperr.Conflict {
		t.Errorf("the key of two rows was retired: %v", err)
	}
	w.swap() // somebody puts the rows right
	check(t, w.run(t, vault.Rotate, &mortal{}))
	if report := w.check(t); len(report.Bad) > 0 || w.enabledKeys(t) != 2 {
		t.Errorf("report %+v", report)
	}
}

// swap exchanges the ciphertexts of the first two tokens.
func (w *installation) swap() {
	rows := w.store.rows[vault.Tokens]
	rows[0].Ciphertext, rows[1].Ciphertext = rows[1].Ciphertext, rows[0].Ciphertext
}
