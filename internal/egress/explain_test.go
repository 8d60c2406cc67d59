package egress_test

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/roadstead/roadstead/internal/egress"
)

// TestExplanationAgreesWithTheGuard compares what is explained with what is done, for every row, and then does
// what the explanation advises.
func TestExplanationAgreesWithTheGuard(t *testing.T) {
	t.Parallel()
	for _, r := range corpus(t) {
		for _, allow := range []string{"", everything} {
			e := explain(t, r, allow)
			dials, err := try(r, allow, nil)
			if e.Allowed != errors.Is(err, errStub) || e.Allowed != (len(dials) > 0) {
				t.Errorf("%q %v, allow %q: explained as %+v, dialled %v, %v", r.url, r.answers, allow, e, dials, err)
			}
			if _, text := errors.AsType[*egress.URLError](err); text != (e.URL == "") {
				t.Errorf("%q, allow %q: explained as %+v, want %v", r.url, allow, e, err)
			}
			if last := e.Steps[len(e.Steps)-1]; last.OK != (len(e.Addresses) > 0) {
				t.Errorf("%q %v: explained as %+v", r.url, r.answers, e)
			}
			opens := allow == "" && (r.verdict == "default" || r.verdict == "private-name")
			if opens != (e.Setting != "") {
				t.Errorf("%q %v, allow %q: the setting is %q, want verdict %s", r.url, r.answers, allow, e.Setting, r.verdict)
			}
			rules := strings.TrimPrefix(e.Setting, egress.Setting+"=")
			if opens && !explain(t, r, rules).Allowed {
				t.Errorf("%q %v: %s does not open it", r.url, r.answers, e.Setting)
			}
		}
	}
}

func explain(t *testing.T, r row, allow string) egress.Explanation {
	t.Helper()
	g := egress.NewGuard(egress.Config{
		Allow: mustRules(t, allow), Resolver: &stubResolver{answers: r.answers}, Dialer: &stubDialer{},
	})
	e, err := g.Explain(t.Context(), r.url)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestExplanationInWords(t *testing.T) {
	t.Parallel()
	r := row{url: "https://API.internal:6443/k8s/", answers: []string{"10.1.2.3", "8.8.8.8", "10.9.9.9"}}
	want := egress.Explanation{
		URL: "https://api.internal:6443/k8s",
		Steps: []egress.Step{
			{Name: "spelling", OK: true, Detail: "nothing that two programs could read differently"},
			{Name: "scheme", OK: true, Detail: "https"},
			{Name: "path", OK: true, Detail: "/k8s/"},
			{Name: "port", OK: true, Detail: "6443"},
			{Name: "host", OK: true, Detail: "a name of private networks: the operator must have opened every address of it"},
			{Name: "addresses", OK: true, Detail: "3 found; one that is refused refuses all"},
		},
		Addresses: []egress.Verdict{
			{Address: "10.1.2.3:6443", Result: "refused", Class: "private", Why: "an address of private networks"},
			{
				Address: "8.8.8.8:6443", Result: "refused", Class: "name",
				Why: "a public address behind a name of private networks, which the operator must open",
			},
			{Address: "10.9.9.9:6443", Result: "opened", Why: "the operator opened it"},
		},
		Setting: "ROADSTEAD_EGRESS_ALLOW=10.1.2.3/32:6443,8.8.8.8/32:6443",
	}
	if diff := cmp.Diff(want, explain(t, r, "10.9.9.9/32:6443")); diff != "" {
		t.Error(diff)
	}
}

func TestExplanationSaysWhyANameLeadsNowhere(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]string{
		"nxdomain": "the name does not exist",
		"timeout":  "the name servers did not answer in time",
		"servfail": "the name servers did not give an answer",
		"":         "the name has no address",
	} {
		e := explain(t, row{url: "https://api.example.com", answers: strings.Fields(answer)}, "")
		if last := e.Steps[len(e.Steps)-1]; last.OK || last.Detail != want || e.Allowed {
			t.Errorf("%q is explained as %+v", answer, e)
		}
	}
}

func TestEveryClassHasWords(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, r := range corpus(t) {
		for _, v := range explain(t, r, "").Addresses {
			seen[v.Class] = true
			if strings.HasPrefix(v.Why, "not an address to connect to") {
				t.Errorf("the class %q of %s has no words", v.Class, v.Address)
			}
		}
	}
	g := egress.NewGuard(egress.Config{Refuse: []netip.Prefix{netip.MustParsePrefix("8.8.0.0/16")}})
	e, err := g.Explain(context.Background(), "https://8.8.8.8")
	if err != nil || e.Addresses[0].Why != "an address of this machine, of its database or of the operator's own networks" {
		t.Errorf("an own network is explained as %+v, %v", e, err)
	}
	if len(seen) < 15 {
		t.Errorf("only the classes %v are in the table", seen)
	}
}

func TestExplanationEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	g := egress.NewGuard(egress.Config{Resolver: hangingResolver{}, Dialer: &stubDialer{}})
	if _, err := g.Explain(ctx, "https://api.example.com"); !errors.Is(err, context.Canceled) {
		t.Errorf("err = %v", err)
	}
}
