package auth_test

import (
	"crypto/rand"
	"encoding/base64"
	"hash/crc32"
	"math/big"
	"regexp"
	"strings"
	"testing"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/auth"
)

// published is the pattern that the documentation gives to those who search for secrets.
var published = regexp.MustCompile(`\brsd_[pgrs]_[0-9A-Za-z]{49}\b`)

func kinds() []auth.TokenKind {
	return []auth.TokenKind{auth.Personal, auth.GroupToken, auth.ProjectToken, auth.ServiceToken}
}

func TestSecretsHaveTheirForm(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 2_000 {
		for _, kind := range kinds() {
			secret := auth.NewSecret(kind)
			if published.FindString("token: "+secret+"\n") != secret {
				t.Fatalf("%s is not of the published form", secret)
			}
			if got, err := auth.ParseSecret(secret); err != nil || got != kind {
				t.Fatalf("%s is %q (%v), want %q", secret, got, err, kind)
			}
			if seen[secret] {
				t.Fatalf("%s came twice", secret)
			}
			seen[secret] = true
		}
	}
}

// sealed puts the right checksum behind a text.
func sealed(text string) string {
	sum := new(big.Int).SetUint64(uint64(crc32.ChecksumIEEE([]byte(text)))).Text(62)
	return text + strings.Repeat("0", 6-len(sum)) + sum
}

func hostile() map[string]string {
	good := auth.NewSecret(auth.Personal)
	body := good[:len(good)-6]
	raw := make([]byte, 32)
	_, _ = rand.Read(raw)
	other := byte('A')
	if good[20] == other {
		other = 'B'
	}
	return map[string]string{
		"empty":                        "",
		"a space":                      " ",
		"the prefix alone":             "rsd_p_",
		"cut by one":                   good[:len(good)-1],
		"cut before the checksum":      body,
		"one character more":           good + "0",
		"twice":                        good + good,
		"a space before":               " " + good,
		"a line break behind":          good + "\n",
		"a NUL behind":                 good + "\x00",
		"one character changed":        good[:20] + string(other) + good[21:],
		"one character of the sum":     good[:len(good)-1] + string(rune('0'+(good[len(good)-1]-'0'+1)%10)),
		"in capitals":                  strings.ToUpper(good),
		"another kind, same checksum":  "rsd_g_" + good[6:],
		"a kind that is not":           sealed("rsd_x_" + body[6:]),
		"another prefix":               sealed("rst_p_" + body[6:]),
		"no bar behind the kind":       sealed("rsd_p-" + body[6:]),
		"a character of base64":        sealed(body[:20] + "+" + body[21:]),
		"a dash":                       sealed(body[:20] + "-" + body[21:]),
		"a letter of two bytes":        sealed(body[:20] + "\u00e9" + body[22:]),
		"a digit of another script":    sealed(body[:20] + "\u0661" + body[22:]),
		"a letter that looks alike":    sealed(body[:20] + "\u0430" + body[22:]),
		"bytes that are no text":       sealed(body[:20] + "\xff" + body[21:]),
		"SQL":                          "' OR 1=1 --",
		"the predecessor's":            "glpat-" + good[6:26],
		"the form that was used first": "rsd_" + base64.RawURLEncoding.EncodeToString(raw),
		"a megabyte":                   strings.Repeat("rsd_p_", 1<<18),
	}
}

func TestHostileSecrets(t *testing.T) {
	t.Parallel()
	for name, secret := range hostile() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if kind, err := auth.ParseSecret(secret); apperr.CodeOf(err) != apperr.Unauthenticated || kind != "" {
				t.Errorf("%.80q is taken for a %s token (%v)", secret, kind, err)
			}
		})
	}
}

// TestHostileSecretsCostNoLookup authenticates without a store: to ask it would panic.
func TestHostileSecretsCostNoLookup(t *testing.T) {
	t.Parallel()
	service := &auth.Service{}
	for name, secret := range hostile() {
		if _, err := service.AuthenticateToken(t.Context(), secret); apperr.CodeOf(err) != apperr.Unauthenticated {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzParseSecret looks for a text that is accepted and that a search by the published form would not find.
func FuzzParseSecret(f *testing.F) {
	for _, kind := range kinds() {
		f.Add(auth.NewSecret(kind))
	}
	for _, secret := range hostile() {
		f.Add(secret[:min(len(secret), 100)])
	}
	f.Fuzz(func(t *testing.T, text string) {
		// The fuzzer does not find checksums: it gets them.
		for _, candidate := range []string{text, sealed(text)} {
			kind, err := auth.ParseSecret(candidate)
			if err != nil {
				if apperr.CodeOf(err) != apperr.Unauthenticated || kind != "" {
					t.Errorf("%q: %q, %v", candidate, kind, err)
				}
				continue
			}
			if published.FindString(candidate) != candidate || sealed(candidate[:len(candidate)-6]) != candidate {
				t.Errorf("%q is accepted", candidate)
			}
		}
	})
}
