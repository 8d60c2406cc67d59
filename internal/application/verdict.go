package application

import (
	"encoding/json"
	"regexp"
	"slices"

	"github.com/roadstead/roadstead/internal/apperr"
)

// Verdict is what the program in the install pod said of its run.
type Verdict struct {
	Operation string      `json:"operation"`
	Outcome   string      `json:"outcome"`
	Code      apperr.Code `json:"code,omitempty"`
	Step      string      `json:"step,omitempty"`
	Detail    []string    `json:"detail,omitempty"`
	Release   Release     `json:"release"`
	Digest    string      `json:"digest,omitempty"`
	CRDs      []CRD       `json:"crds,omitempty"`
}

// Release is what Helm recorded.
type Release struct {
	Name         string `json:"name"`
	Namespace    string `json:"namespace"`
	Revision     int    `json:"revision"`
	Status       string `json:"status"`
	Chart        string `json:"chart"`
	ChartVersion string `json:"chart_version"`
	AppVersion   string `json:"app_version"`
}

// CRD is a custom resource definition left in the cluster, with the number of
// its objects.
type CRD struct {
	Name    string `json:"name"`
	Objects int    `json:"objects"`
}

const (
	outcomeSucceeded = "succeeded"
	outcomeFailed    = "failed"
	// A termination message has at most 4,096 bytes; all texts in a verdict
	// are content from the cluster and are cut to these lengths.
	verdictBytes  = 4096
	verdictText   = 256
	verdictDetail = 32
)

//nolint:gochecknoglobals // constants
var (
	digestForm = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)
	// verdictCodes is the installer's share of the closed set of codes.
	verdictCodes = []apperr.Code{
		apperr.ChartNotFound, apperr.ChartInvalid, apperr.ChartDigestMismatch,
		apperr.RepositoryAddressRefused, apperr.RepositoryUnreachable, apperr.ValuesRefused,
		apperr.RightsMissing, apperr.ReleaseConflict, apperr.HookFailed, apperr.NotReadyInTime,
		apperr.PodRefused, apperr.Interrupted, apperr.ClusterRefused, apperr.ClusterTimeout,
		apperr.InstallFailed,
	}
)

// parseVerdict reads the termination message of an install pod. It reports
// false unless the message is the verdict of this very operation.
func parseVerdict(message, token string) (Verdict, bool) {
	var v Verdict
	if len(message) > verdictBytes || json.Unmarshal([]byte(message), &v) != nil {
		return Verdict{}, false
	}
	if v.Operation != token || v.Outcome != outcomeSucceeded && v.Outcome != outcomeFailed {
		return Verdict{}, false
	}
	switch {
	case v.Outcome == outcomeSucceeded:
		v.Code = ""
	case !slices.Contains(verdictCodes, v.Code):
		v.Code = apperr.InstallFailed
	}
	if !digestForm.MatchString(v.Digest) {
		v.Digest = ""
	}
	return v.clean(), true
}

// clean makes the texts of a verdict fit to be kept and shown.
func (v Verdict) clean() Verdict {
	v.Step = text(v.Step)
	v.Detail = slices.Clone(v.Detail[:min(len(v.Detail), verdictDetail)])
	for i := range v.Detail {
		v.Detail[i] = text(v.Detail[i])
	}
	r := &v.Release
	for _, field := range []*string{&r.Name, &r.Namespace, &r.Status, &r.Chart, &r.ChartVersion, &r.AppVersion} {
		*field = text(*field)
	}
	v.CRDs = slices.Clone(v.CRDs)
	for i := range v.CRDs {
		v.CRDs[i].Name = text(v.CRDs[i].Name)
	}
	return v
}

func text(s string) string { return apperr.Clean(s, verdictText).String() }
