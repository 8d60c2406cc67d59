package cluster_test

import (
	"strings"
	"testing"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/egress"
	"github.com/roadstead/roadstead/internal/secret"
)

// A request that is refused reaches neither store nor sealer: both are nil here.
func TestAttachRefuses(t *testing.T) {
	t.Parallel()
	service := &cluster.Service{Guard: egress.NewGuard(egress.Config{})}
	good := cluster.AttachRequest{
		Name: "staging", Level: cluster.Instance, APIURL: "https://api.example.com:6443",
		Token: secret.NewValue([]byte("token")),
	}
	for name, tc := range map[string]struct {
		change func(*cluster.AttachRequest)
		code   apperr.Code
		hint   string
	}{
		"no name":           {func(r *cluster.AttachRequest) { r.Name = " " }, apperr.ValidationFailed, "present"},
		"a number as name":  {func(r *cluster.AttachRequest) { r.Name = "42" }, apperr.ValidationFailed, "not a number"},
		"markup in a name":  {func(r *cluster.AttachRequest) { r.Name = "a<script>" }, apperr.ValidationFailed, ""},
		"no token":          {func(r *cluster.AttachRequest) { r.Token = secret.Value{} }, apperr.ValidationFailed, "cluster manifest"},
		"a token of blanks": {func(r *cluster.AttachRequest) { r.Token = secret.NewValue([]byte(" \t")) }, apperr.ValidationFailed, "token"},
		"only the word":     {func(r *cluster.AttachRequest) { r.Token = secret.NewValue([]byte("bearer")) }, apperr.ValidationFailed, "nothing else"},
		"the word as well":  {func(r *cluster.AttachRequest) { r.Token = secret.NewValue([]byte("Bearer abc")) }, apperr.ValidationFailed, "nothing else"},
		"a header in a token": {
			func(r *cluster.AttachRequest) { r.Token = secret.NewValue([]byte("a\r\nHost: b")) }, apperr.ValidationFailed, "nothing else",
		},
		"a feature nobody knows": {
			func(r *cluster.AttachRequest) { r.OwnIdentity = []cluster.Feature{"guardrails"} }, apperr.ValidationFailed, "namespaces",
		},
		"a group level without group": {
			func(r *cluster.AttachRequest) { r.Level = cluster.Group }, apperr.ValidationFailed, "one group",
		},
		"a scope with a bracket": {func(r *cluster.AttachRequest) { r.EnvironmentScope = "a[b]" }, apperr.ValidationFailed, ""},
		"a CA that is none":      {func(r *cluster.AttachRequest) { r.CAPEM = "hello" }, apperr.ValidationFailed, "PEM"},
		"a key instead of a CA": {
			func(r *cluster.AttachRequest) {
				r.CAPEM = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"
			}, apperr.ValidationFailed, "PEM",
		},
		"plain HTTP":      {func(r *cluster.AttachRequest) { r.APIURL = "http://api.example.com" }, apperr.ValidationFailed, "https://"},
		"a user in a URL": {func(r *cluster.AttachRequest) { r.APIURL = "https://u@api.example.com" }, apperr.ValidationFailed, ""},
		"a private address": {
			func(r *cluster.AttachRequest) { r.APIURL = "https://10.1.2.3:6443" },
			apperr.ClusterAddressRefused, "ROADSTEAD_EGRESS_ALLOW=10.1.2.3/32:6443",
		},
		"the metadata address, which nothing opens": {
			func(r *cluster.AttachRequest) { r.APIURL = "https://169.254.169.254" }, apperr.ClusterAddressRefused, "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := good
			tc.change(&r)
			_, err := service.Attach(t.Context(), r)
			refused, ok := apperr.From(err)
			if !ok || refused.Code != tc.code {
				t.Fatalf("Attach: %v, want code %s", err, tc.code)
			}
			if !strings.Contains(refused.Hint, tc.hint) {
				t.Errorf("hint %q lacks %q", refused.Hint, tc.hint)
			}
			if strings.Contains(name, "nothing opens") && strings.Contains(refused.Hint, "ROADSTEAD_EGRESS_ALLOW=") {
				t.Errorf("hint %q offers what does not work", refused.Hint)
			}
		})
	}
}
