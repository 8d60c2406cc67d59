package main_test

import (
	"maps"

	"github.com/roadstead/roadstead/installer/internal/charttest"
)

// Pieces of charts. Every object is named after the release.

// deployment is a workload; values say how it fares (devcluster's words) and what it is told.
const deployment = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
spec:
  selector:
    matchLabels: {app: {{ .Release.Name }}}
  template:
    metadata:
      labels: {app: {{ .Release.Name }}}
      annotations:
        devcluster.roadstead.dev/fail: {{ .Values.fail | quote }}
    spec:
      containers:
      - name: main
        image: example.com/app:1
        env:
        - {name: GREETING, value: {{ .Values.greeting | quote }}}
        securityContext: {privileged: {{ .Values.privileged }}}
`

// daemonSet is the same on every node. Its status does not tell that its pods are refused.
const daemonSet = `apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: {{ .Release.Name }}
spec:
  selector:
    matchLabels: {app: {{ .Release.Name }}}
  template:
    metadata:
      labels: {app: {{ .Release.Name }}}
    spec:
      containers:
      - {name: main, image: example.com/app:1, securityContext: {privileged: true}}
`

// hook runs before an install and an upgrade.
const hook = `apiVersion: batch/v1
kind: Job
metadata:
  name: {{ .Release.Name }}-migrate
  annotations:
    helm.sh/hook: pre-install,pre-upgrade
    helm.sh/hook-delete-policy: before-hook-creation,hook-failed
spec:
  backoffLimit: 0
  template:
    metadata:
      annotations:
        devcluster.roadstead.dev/fail: {{ .Values.hookFail | quote }}
        devcluster.roadstead.dev/log: "cannot migrate with {{ .Values.greeting }}"
    spec:
      restartPolicy: Never
      containers:
      - {name: main, image: example.com/migrate:1}
`

const valuesSchema = `{
  "$schema": "https://json-schema.org/draft-07/schema#",
  "type": "object",
  "properties": {"greeting": {"type": "string"}, "replicas": {"type": "integer", "minimum": 1}}
}`

const defaults = "greeting: hello\nfail: \"\"\nhookFail: \"\"\nprivileged: false\n"

// definition is a custom resource definition; a later version of it has a new column.
func definition(plural, column string) string {
	return `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: ` + plural + `.e2e.roadstead.dev
spec:
  group: e2e.roadstead.dev
  scope: Namespaced
  names: {plural: ` + plural + `, singular: ` + plural + `x, kind: ` + plural + `Kind}
  versions:
  - name: v1
    served: true
    storage: true
    additionalPrinterColumns:
    - {name: ` + column + `, type: string, jsonPath: .spec.x}
    schema:
      openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}
`
}

// custom is an object of such a definition, made by the chart itself.
func custom(plural string) string {
	return `apiVersion: e2e.roadstead.dev/v1
kind: ` + plural + `Kind
metadata:
  name: {{ .Release.Name }}
`
}

// web is a chart of a workload with the given files beside it.
func web(more charttest.Files) charttest.Files {
	files := charttest.Files{
		"values.yaml":               defaults,
		"values.schema.json":        valuesSchema,
		"templates/deployment.yaml": deployment,
		"templates/NOTES.txt":       "the notes of the chart",
	}
	maps.Copy(files, more)
	return files
}
