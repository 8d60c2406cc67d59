package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/roadstead/roadstead/internal/apperr"
)

// format is how a result is printed.
type format string

const (
	formatTable format = "table"
	formatJSON  format = "json"
	formatYAML  format = "yaml"
)

// String implements pflag.Value.
func (f *format) String() string { return string(*f) }

// Type implements pflag.Value.
func (f *format) Type() string { return "format" }

// Set implements pflag.Value.
func (f *format) Set(value string) error {
	switch format(value) {
	case formatTable, formatJSON, formatYAML:
		*f = format(value)
		return nil
	}
	return usageError("use table, json or yaml")
}

// printer prints results.
type printer struct {
	w      io.Writer
	format format
}

// show prints a result: as it is for programs, by table for people.
func (p *printer) show(v any, table func(t *table)) error {
	if p.format == formatTable {
		t := newTable(p.w)
		table(t)
		return t.flush()
	}
	text, err := json.MarshalIndent(v, "", "  ")
	if err == nil && p.format == formatYAML {
		text, err = toYAML(text)
	}
	if err != nil {
		return fmt.Errorf("encode result: %w", err)
	}
	return p.text(strings.TrimRight(string(text), "\n") + "\n")
}

// manifest prints YAML for kubectl as it is, or as one field of JSON.
func (p *printer) manifest(text []byte) error {
	if p.format != formatJSON {
		return p.text(string(text))
	}
	return p.show(struct {
		Manifest string `json:"manifest"`
	}{string(text)}, nil)
}

// text prints text as it is.
func (p *printer) text(text string) error {
	if _, err := io.WriteString(p.w, text); err != nil {
		return fmt.Errorf("print result: %w", err)
	}
	return nil
}

// toYAML rewrites JSON as YAML and keeps the order of the fields: JSON is YAML already, only in another style.
func toYAML(text []byte) ([]byte, error) {
	var document yaml.Node
	if err := yaml.Unmarshal(text, &document); err != nil {
		return nil, fmt.Errorf("rewrite as YAML: %w", err)
	}
	block(&document)
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	if err := encoder.Encode(&document); err != nil {
		return nil, fmt.Errorf("write YAML: %w", err)
	}
	return out.Bytes(), nil
}

// block takes the flow style and the quotes of JSON away where YAML does without. Empty lists and objects have no other
// form.
func block(n *yaml.Node) {
	switch {
	case n.Kind == yaml.ScalarNode && strings.Contains(n.Value, "\n"):
		n.Style = yaml.LiteralStyle
	case n.Kind == yaml.ScalarNode && n.Tag == "!!str" && !plain(n.Value):
		n.Style = yaml.DoubleQuotedStyle
	case n.Kind == yaml.ScalarNode, len(n.Content) > 0:
		n.Style = 0
	}
	for _, child := range n.Content {
		block(child)
	}
}

// plain reports whether every reader of YAML, old ones included, takes the text for a string without quotes.
func plain(text string) bool {
	out, err := yaml.Marshal(text)
	return err == nil && string(out) == text+"\n"
}

// table prints rows in columns.
type table struct {
	w *tabwriter.Writer
}

func newTable(w io.Writer) *table {
	return &table{tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)}
}

// row prints one row. Cells are cleaned, so that nothing in them can steer a terminal or shift a column.
func (t *table) row(cells ...any) {
	for i, cell := range cells {
		if i > 0 {
			_, _ = io.WriteString(t.w, "\t")
		}
		_, _ = io.WriteString(t.w, orDash(clean(fmt.Sprint(cell))))
	}
	_, _ = io.WriteString(t.w, "\n")
}

// line prints text outside the columns.
func (t *table) line(text string) {
	_ = t.w.Flush()
	_, _ = fmt.Fprintln(t.w, clean(text))
	_ = t.w.Flush()
}

func (t *table) flush() error {
	if err := t.w.Flush(); err != nil {
		return fmt.Errorf("print result: %w", err)
	}
	return nil
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// clean makes text fit for a terminal, whoever wrote it.
func clean(s string) string {
	const longest = 16 << 10
	return apperr.Clean(s, longest).String()
}

// age is how long ago something was, in the largest fitting unit.
func age(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	d := max(time.Since(at), 0)
	switch {
	case d < 2*time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d < 2*time.Hour:
		return fmt.Sprintf("%dm", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh", int(d.Hours()))
	default:
		return fmt.Sprintf("%dd", int(d.Hours()/24))
	}
}

// stateAge says how far a live value can be trusted, and how old it is.
func stateAge(state string, asOf time.Time) string {
	if asOf.IsZero() {
		return state + ", never seen"
	}
	return state + ", as of " + age(asOf) + " ago"
}
