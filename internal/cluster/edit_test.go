package cluster_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/secret"
)

func value(text string) secret.Value { return secret.NewValue([]byte(text)) }

func TestEdit(t *testing.T) {
	t.Parallel()
	address, same, name, off := "https://other.example.com", "https://api.example.com:6443", "renamed", false
	for what, tc := range map[string]struct {
		request    cluster.EditRequest
		sealed     string
		generation int64
		forgets    int
	}{
		"a name":              {cluster.EditRequest{Name: &name}, pastedToken, 1, 0},
		"to disable it":       {cluster.EditRequest{Enabled: &off}, pastedToken, 1, 0},
		"the same address":    {cluster.EditRequest{APIURL: &same}, pastedToken, 1, 0},
		"a token":             {cluster.EditRequest{Token: value("new")}, "new for https://api.example.com:6443", 2, 0},
		"a token and address": {cluster.EditRequest{Token: value("new"), APIURL: &address}, "new for https://other.example.com", 2, 1},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			got, err := w.service.Edit(t.Context(), 7, tc.request)
			if err != nil || got != w.row {
				t.Fatalf("Edit returns %+v %v, stored is %+v", got, err, w.row)
			}
			w.wantSealed(tc.sealed)
			if got.Generation != tc.generation || len(w.invalidated) != int(tc.generation-1) || w.due[cluster.ForgetKind] != tc.forgets {
				t.Errorf("generation %d, invalidated %v, scheduled %v", got.Generation, w.invalidated, w.due)
			}
		})
	}
}

// Whoever may edit a cluster shall not get its stored token by pointing it at himself.
func TestEditOfThePlatformTakesTheTokenAgain(t *testing.T) {
	t.Parallel()
	address, ca, bad := "https://mine.example.com", testCA, "Bearer x"
	for what, tc := range map[string]struct {
		request cluster.EditRequest
		again   bool
	}{
		"address":              {cluster.EditRequest{APIURL: &address}, true},
		"CA":                   {cluster.EditRequest{CAPEM: &ca}, true},
		"address, unfit token": {cluster.EditRequest{APIURL: &address, Token: value(bad)}, false},
		"a token of two words": {cluster.EditRequest{Token: value(bad)}, false},
		"a token of blanks":    {cluster.EditRequest{Token: value("  ")}, false},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			before := w.row
			_, err := w.service.Edit(t.Context(), 7, tc.request)
			if apperr.CodeOf(err) != apperr.ValidationFailed || tokenAgain(err) != tc.again {
				t.Errorf("Edit: %v", err)
			}
			if w.row != before {
				t.Errorf("the row is now %+v", w.row)
			}
			w.wantSealed(pastedToken)
		})
	}
}

// tokenAgain reports whether the token has to be given again.
func tokenAgain(err error) bool {
	problems, _ := errors.AsType[cluster.Problems](err)
	return slices.ContainsFunc(problems, func(p cluster.Invalid) bool {
		return p.Attribute == cluster.AttributeToken && strings.Contains(p.Messages[0], "again")
	})
}

// twice runs every transaction again, as a store does when others were in its way.
type twice struct{ *world }

var errInTheWay = errors.New("in the way")

func (w twice) Atomically(ctx context.Context, fn func(cluster.Tx) error) error {
	_ = w.world.Atomically(ctx, func(tx cluster.Tx) error { return errors.Join(fn(tx), errInTheWay) })
	return w.world.Atomically(ctx, fn)
}

func TestEditCountsOneCheckHoweverOftenItIsTried(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.service.Store = twice{w}
	ctx := auth.WithIdentity(t.Context(), auth.Identity{Name: "ann"})
	if _, err := w.service.Edit(ctx, 7, cluster.EditRequest{Token: value("new")}); err != nil {
		t.Error(err)
	}
}

func TestEditedTokenTakesThePlaceOfTheIdentity(t *testing.T) {
	t.Parallel()
	w := adopted(t)
	if _, err := w.service.Edit(t.Context(), 7, cluster.EditRequest{Token: value("new")}); err != nil {
		t.Fatal(err)
	}
	w.wantState(cluster.IdentityPasted, "")
	if next, err := w.step(); err != nil || !next.IsDone() {
		t.Errorf("the step ends with %+v %v", next, err)
	}
	w.wantSealed("new for https://api.example.com:6443")
	if _, err := w.service.Adopt(t.Context(), 7, nil); err != nil {
		t.Fatal(err)
	}
	_, _ = w.step()
	w.wantSealed(secondToken) // not the one that may have leaked
}

// testCA is a certificate that was made for nothing else.
const testCA = `-----BEGIN CERTIFICATE-----
MIIBdDCCARugAwIBAgIUTfF2p87TE7ANlLlJrkPIwEv8Xs4wCgYIKoZIzj0EAwIw
DzENMAsGA1UEAwwEdGVzdDAgFw0yNjExMjIyMDU2MzlaGA8yMTI2MTAyOTIwNTYz
OVowDzENMAsGA1UEAwwEdGVzdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABMcI
JfRMb7mE3OTncwrUEOmIp9dSuYguqK5tVvJXQgK/0M1z7Pr8sJhE3D7ZuZiP03aD
fNS9SNC2B4fqudHA1uyjUzBRMB0GA1UdDgQWBBQ5TfGc2JZyMZwismM9x4ej7xDB
FjAfBgNVHSMEGDAWgBQ5TfGc2JZyMZwismM9x4ej7xDBFjAPBgNVHRMBAf8EBTAD
AQH/MAoGCCqGSM49BAMCA0cAMEQCICSWpkzCABrLhyCakt3Xta1ggIpSl70fFgqu
QvgXmcj4AiBhWnSlNVYIMajn+1uNe3lDwEiR+rEWg12Q18IHzH78xQ==
-----END CERTIFICATE-----`
