package application_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/application"
)

// Loading validates: an entry that we ship and that is wrong would keep every
// server from starting.
func TestLoadCatalog_builtin(t *testing.T) {
	t.Parallel()
	catalog, err := application.LoadCatalog("")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range catalog.Entries() {
		names = append(names, e.Name)
		if e.Verified {
			t.Errorf("%s says that it was run against the real chart", e.Name)
		}
	}
	want := []string{"cert-manager", "gitlab-runner", "ingress-nginx", "metrics-server", "prometheus"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("built-in entries (-want +got):\n%s", diff)
	}
}

func TestLoadCatalog_samples(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	files, err := filepath.Glob("testdata/samples/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no samples: %v", err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, filepath.Base(name)), strings.ReplaceAll(string(text), "${CHARTS}", "127.0.0.1:8080"))
	}
	catalog, err := application.LoadCatalog(dir)
	if err != nil {
		t.Fatal(err)
	}
	if got := len(catalog.Entries()); got != len(files)+5 {
		t.Errorf("%d entries of %d files and 5 built in", got, len(files))
	}
}

func TestLoadCatalog_operatorReplaces(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "prometheus.yaml"), strings.ReplaceAll(entryText, "web", "prometheus"))
	catalog, err := application.LoadCatalog(dir)
	if err != nil {
		t.Fatal(err)
	}
	e, err := catalog.Entry("prometheus")
	if err != nil || e.Title != "A prometheus" {
		t.Errorf("got %q, %v", e.Title, err)
	}
}

func TestLoadCatalog_refuses(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ file, text string }{
		"a file named otherwise": {"other.yaml", entryText},
		"an unknown field":       {"web.yaml", entryText + "colour: red\n"},
		"two entries":            {"web.yaml", entryText + "---\n" + entryText},
		"nothing":                {"web.yaml", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			write(t, filepath.Join(dir, tc.file), tc.text)
			_, err := application.LoadCatalog(dir)
			if apperr.CodeOf(err) != apperr.ValidationFailed || !strings.Contains(err.Error(), tc.file) {
				t.Errorf("got %v, want validation_failed that names %s", err, tc.file)
			}
		})
	}
	if _, err := application.LoadCatalog(filepath.Join(t.TempDir(), "missing")); err == nil {
		t.Error("a folder that does not exist is accepted")
	}
}

const entryText = `name: web
title: A web
description: For tests.
chart: {repository: "https://charts.example.test", name: web, version: 1.0.0}
namespace: web
podSecurity: restricted
timeout: 90s
rights:
  level: namespaced
  rules:
    - {groups: [apps], resources: [deployments], verbs: [get]}
values: |
  a: 1
`

func TestParseEntry(t *testing.T) {
	t.Parallel()
	e, err := application.ParseEntry([]byte(entryText))
	if err != nil {
		t.Fatal(err)
	}
	if e.Deadline() != 90*time.Second {
		t.Errorf("deadline %s", e.Deadline())
	}
}

func TestEntry_Validate(t *testing.T) {
	t.Parallel()
	rule := application.Rule{Groups: []string{""}, Resources: []string{"pods"}, Verbs: []string{"get"}}
	url := application.Rule{NonResourceURLs: []string{"/metrics"}, Verbs: []string{"get"}}
	for name, tc := range map[string]struct {
		change func(e *application.Entry)
		want   string
	}{
		"long name":             {func(e *application.Entry) { e.Name = strings.Repeat("a", 41) }, "name"},
		"name with a dot":       {func(e *application.Entry) { e.Name = "a.b" }, "name"},
		"no title":              {func(e *application.Entry) { e.Title = "" }, "title"},
		"kube-system":           {func(e *application.Entry) { e.Namespace = "kube-system" }, "namespace"},
		"default":               {func(e *application.Entry) { e.Namespace = "default" }, "namespace"},
		"file repository":       {func(e *application.Entry) { e.Chart.Repository = "file:///etc" }, "chart.repository"},
		"password in address":   {func(e *application.Entry) { e.Chart.Repository = "https://a:b@example.test" }, "chart.repository"},
		"path as chart":         {func(e *application.Entry) { e.Chart.Name = "../web" }, "chart.name"},
		"range as version":      {func(e *application.Entry) { e.Chart.Version = ">=1" }, "chart.version"},
		"level unknown":         {func(e *application.Entry) { e.Rights.Level = "root" }, "rights.level"},
		"no rules":              {func(e *application.Entry) { e.Rights.Rules = nil }, "rights.rules"},
		"cluster rules below":   {func(e *application.Entry) { e.Rights.ClusterRules = []application.Rule{rule} }, "rights.clusterRules"},
		"admin with rules":      {func(e *application.Entry) { e.Rights.Level = application.RightsClusterAdmin }, "cluster-admin"},
		"cluster without rules": {func(e *application.Entry) { e.Rights.Level = application.RightsCluster }, "rights.clusterRules"},
		"URL in a namespace":    {func(e *application.Entry) { e.Rights.Rules[0] = url }, "rights.rules[0]"},
		"rule without verbs":    {func(e *application.Entry) { e.Rights.Rules[0].Verbs = nil }, "rights.rules[0]"},
		"rule without group":    {func(e *application.Entry) { e.Rights.Rules[0].Groups = nil }, "rights.rules[0]"},
		"level of pods":         {func(e *application.Entry) { e.PodSecurity = "none" }, "podSecurity"},
		"too long":              {func(e *application.Entry) { e.Timeout = 3 * time.Hour }, "timeout"},
		"values as a list":      {func(e *application.Entry) { e.Values = "- 1" }, "values"},
		"provides the moon":     {func(e *application.Entry) { e.Provides = []string{"moon"} }, "provides"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, err := application.ParseEntry([]byte(entryText))
			if err != nil {
				t.Fatal(err)
			}
			tc.change(&e)
			err = e.Validate()
			if apperr.CodeOf(err) != apperr.ValidationFailed || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want validation_failed that names %s", err, tc.want)
			}
		})
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
