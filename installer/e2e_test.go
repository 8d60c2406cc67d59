package main_test

import (
	"testing"

	"github.com/roadstead/roadstead/installer/internal/charttest"
)

const configMap = `apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}-config
data:
  greeting: {{ .Values.greeting | quote }}
`

func TestInstallThenUpgrade(t *testing.T) {
	t.Parallel()
	repository := charttest.NewRepository(t)
	files := charttest.Files{"templates/config.yaml": configMap, "values.yaml": "greeting: hello\n"}
	first := repository.Add(t, "plain", "1.0.0", files)
	repository.Add(t, "plain", "1.1.0", files)
	pod := newInstall(t, "plain").chart(t, repository.URL, "plain", "1.0.0")
	got := pod.run(t, "", "greeting: my-secret-greeting\n")
	if got.exit != 0 || got.verdict.Digest != first {
		t.Fatalf("got %+v", got)
	}
	got = pod.chart(t, repository.URL, "plain", "1.1.0").run(t, "", "")
	if got.exit != 0 || got.verdict.Release.Revision != 2 {
		t.Fatalf("got %+v", got)
	}
}
