package secret_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/roadstead/roadstead/internal/secret"
)

func load(t testing.TB, dir string) (*secret.Sealer, *secret.Opener) {
	t.Helper()
	s, o, err := secret.LoadOrCreate(filepath.Join(dir, "keys", "private"), filepath.Join(dir, "public"))
	if err != nil {
		t.Fatal(err)
	}
	return s, o
}

func someContext() secret.Context {
	return secret.Context{
		Table: "clusters", Row: 42, Column: "token", Owner: "group:7",
		Target: "api.example.com:6443", CAHash: secret.HashCA([]byte("a CA")),
	}
}

func reveal(v secret.Value) string {
	var s string
	v.Reveal(func(b []byte) { s = string(b) })
	return s
}

func TestSealedCredentialOpensOnlyInItsPlace(t *testing.T) {
	t.Parallel()
	s, o := load(t, t.TempDir())
	sealed, err := s.Seal(secret.NewValue([]byte(marker)), someContext())
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(sealed, []byte(marker)) {
		t.Fatal("the ciphertext holds the plain text")
	}
	got, err := o.Open(sealed, someContext())
	if err != nil || reveal(got) != marker {
		t.Fatalf("opened %q, %v", reveal(got), err)
	}
	for name, change := range map[string]func(*secret.Context){
		"table":            func(c *secret.Context) { c.Table = "clouds" },
		"row":              func(c *secret.Context) { c.Row = 43 },
		"column":           func(c *secret.Context) { c.Column = "password" },
		"owner":            func(c *secret.Context) { c.Owner = "group:8" },
		"target":           func(c *secret.Context) { c.Target = "evil.example.com:6443" },
		"ca":               func(c *secret.Context) { c.CAHash = "" },
		"moved field ends": func(c *secret.Context) { c.Table, c.Column = "clusterst", "oken" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := someContext()
			change(&ctx)
			if v, err := o.Open(sealed, ctx); !errors.Is(err, secret.ErrWrongContext) || !v.IsEmpty() {
				t.Errorf("opened: %v", err)
			}
		})
	}
}

func TestOpenTellsWhatIsWrong(t *testing.T) {
	t.Parallel()
	s, o := load(t, t.TempDir())
	foreign, _ := load(t, t.TempDir())
	fromForeign, err := foreign.Seal(secret.NewValue([]byte(marker)), someContext())
	if err != nil {
		t.Fatal(err)
	}
	own, err := s.Seal(secret.NewValue([]byte(marker)), someContext())
	if err != nil {
		t.Fatal(err)
	}
	damaged := bytes.Clone(own)
	damaged[len(damaged)-1] ^= 1
	for name, tc := range map[string]struct {
		sealed []byte
		want   error
	}{
		"other key":  {fromForeign, secret.ErrUnknownKey},
		"damaged":    {damaged, secret.ErrWrongContext},
		"cut":        {own[:20], secret.ErrWrongContext},
		"empty":      {nil, secret.ErrNotSealed},
		"plain text": {[]byte("a token as it is"), secret.ErrNotSealed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := o.Open(tc.sealed, someContext()); !errors.Is(err, tc.want) {
				t.Errorf("err = %v, want %v", err, tc.want)
			}
		})
	}
}

func TestCanaryTellsAWrongKeyset(t *testing.T) {
	t.Parallel()
	s, o := load(t, t.TempDir())
	_, other := load(t, t.TempDir())
	canary, err := s.SealCanary()
	if err != nil {
		t.Fatal(err)
	}
	if err := o.Verify(canary); err != nil {
		t.Errorf("own canary: %v", err)
	}
	if err := other.Verify(canary); !errors.Is(err, secret.ErrUnknownKey) {
		t.Errorf("another keyset: %v", err)
	}
	ordinary, err := s.Seal(secret.NewValue([]byte("x")), someContext())
	if err != nil {
		t.Fatal(err)
	}
	if err := o.Verify(ordinary); !errors.Is(err, secret.ErrWrongContext) {
		t.Errorf("a credential in the canary's place: %v", err)
	}
}

func TestPublicKeysetSealsAndHoldsNothingPrivate(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	_, o := load(t, dir)
	web, err := secret.LoadSealer(filepath.Join(dir, "public"))
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := web.Seal(secret.NewValue([]byte(marker)), someContext())
	if err != nil {
		t.Fatal(err)
	}
	if v, err := o.Open(sealed, someContext()); err != nil || reveal(v) != marker {
		t.Errorf("opened %q, %v", reveal(v), err)
	}
	data, err := os.ReadFile(filepath.Join(dir, "public"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(strings.ToLower(string(data)), "privatekey") {
		t.Errorf("the public keyset: %s", data)
	}
}

func TestBoxOpensOnlyItsAnswer(t *testing.T) {
	t.Parallel()
	box, err := secret.NewBox()
	if err != nil {
		t.Fatal(err)
	}
	other, err := secret.NewBox()
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := secret.SealTo(box.Public(), secret.NewValue([]byte(marker)), []byte("request 1"))
	if err != nil {
		t.Fatal(err)
	}
	if v, err := box.Open(sealed, []byte("request 1")); err != nil || reveal(v) != marker {
		t.Errorf("opened %q, %v", reveal(v), err)
	}
	if _, err := box.Open(sealed, []byte("request 2")); !errors.Is(err, secret.ErrWrongContext) {
		t.Errorf("for another request: %v", err)
	}
	if _, err := other.Open(sealed, []byte("request 1")); !errors.Is(err, secret.ErrWrongContext) {
		t.Errorf("by another box: %v", err)
	}
	if _, err := secret.SealTo([]byte("short"), secret.Value{}, nil); err == nil {
		t.Error("a broken public key is accepted")
	}
}

func BenchmarkSeal(b *testing.B) {
	s, _ := load(b, b.TempDir())
	v := secret.NewValue(bytes.Repeat([]byte("t"), 1200))
	for b.Loop() {
		if _, err := s.Seal(v, someContext()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOpen(b *testing.B) {
	s, o := load(b, b.TempDir())
	sealed, err := s.Seal(secret.NewValue(bytes.Repeat([]byte("t"), 1200)), someContext())
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := o.Open(sealed, someContext()); err != nil {
			b.Fatal(err)
		}
	}
}
