package verdict

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/roadstead/roadstead/installer/internal/release"
)

const (
	maxBytes  = 4096 // what the kubelet keeps of a termination message
	maxDetail = 10   // entries
	maxText   = 160  // bytes of one entry
)

// Outcome is how an operation ended.
type Outcome string

// The outcomes.
const (
	Succeeded Outcome = "succeeded"
	Failed    Outcome = "failed"
)

// Verdict is the document in the termination message.
type Verdict struct {
	Operation string   `json:"operation"`
	Outcome   Outcome  `json:"outcome"`
	Code      Code     `json:"code,omitempty"`
	Step      string   `json:"step"`
	Detail    []string `json:"detail,omitempty"`
	Release   *Release `json:"release,omitempty"`
	Digest    string   `json:"digest,omitempty"`
	CRDs      []CRD    `json:"crds,omitempty"`
}

// Release is the release as the operation left it.
type Release struct {
	Name         string `json:"name"`
	Namespace    string `json:"namespace"`
	Revision     int    `json:"revision"`
	Status       string `json:"status"`
	Chart        string `json:"chart"`
	ChartVersion string `json:"chart_version"`
	AppVersion   string `json:"app_version"`
}

// CRD is a custom resource definition of the chart, with the number of its objects; -1 when it is not known.
type CRD struct {
	Name    string `json:"name"`
	Objects int    `json:"objects"`
}

// SetRelease takes over what is known about the release. Words of the chart are cleaned.
func (v *Verdict) SetRelease(i release.Info, clean func(string) string) {
	if i.Status == "" {
		return // there is none
	}
	v.Release = &Release{
		Name: i.Name, Namespace: i.Namespace, Revision: i.Revision, Status: i.Status,
		Chart: i.Chart, ChartVersion: i.ChartVersion, AppVersion: tidy(clean(i.AppVersion)),
	}
}

// SetCRDs takes over the custom resource definitions.
func (v *Verdict) SetCRDs(list []release.CRD) {
	for _, c := range list {
		v.CRDs = append(v.CRDs, CRD{Name: tidy(c.Name), Objects: c.Objects})
	}
}

// Fail says why the operation failed. Every entry of the detail is cleaned.
func (v *Verdict) Fail(code Code, detail []string, clean func(string) string) {
	v.Outcome, v.Code, v.Detail = Failed, code, nil
	for _, d := range detail {
		if d = tidy(clean(d)); d != "" && len(v.Detail) < maxDetail {
			v.Detail = append(v.Detail, d)
		}
	}
}

// Write puts the verdict into the file of the termination message.
func (v *Verdict) Write(path string) error {
	text, err := v.encode()
	if err != nil {
		return err
	}
	if err := os.WriteFile(path, text, 0o644); err != nil { //nolint:gosec // the kubelet reads it
		return fmt.Errorf("writing the termination message: %w", err)
	}
	return nil
}

// encode returns the document. When it is too long it loses the ends of its lists, the definitions first: the
// log has them all.
func (v *Verdict) encode() ([]byte, error) {
	short := *v
	for {
		text, err := json.Marshal(short)
		if err != nil {
			return nil, fmt.Errorf("encoding the verdict: %w", err)
		}
		switch {
		case len(text) <= maxBytes:
			return text, nil
		case len(short.CRDs) > 0:
			short.CRDs = short.CRDs[:len(short.CRDs)-1]
		case len(short.Detail) > 0:
			short.Detail = short.Detail[:len(short.Detail)-1]
		default:
			return nil, fmt.Errorf("encoding the verdict: it has %d bytes", len(text))
		}
	}
}

// tidy makes one short line of a text, without characters that control a terminal or the direction of writing.
func tidy(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsPrint(r) || r == utf8.RuneError:
			return -1
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	if len(s) <= maxText {
		return s
	}
	n := maxText
	for !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
