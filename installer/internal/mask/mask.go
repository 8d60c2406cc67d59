package mask

import (
	"regexp"
	"slices"
	"strings"
)

const (
	// shown replaces whatever is masked.
	shown = "[masked]"
	// shortest is the length in characters from which a value is masked. Shorter ones, such as "true" or
	// "8080", are no secrets and would tear every other word apart.
	shortest = 6
)

// Mask replaces secrets in text. It is safe for concurrent use.
type Mask struct {
	secrets *strings.Replacer
	tokens  *regexp.Regexp
}

// New makes a mask of the secrets and of everything that has the form of a service account's token: such
// tokens are renewed while we run, so a list of them would not be complete.
func New(secrets ...string) *Mask {
	var all []string
	for _, s := range secrets {
		all = append(all, spellings(s)...)
	}
	slices.SortFunc(all, longestFirst)
	pairs := make([]string, 0, 2*len(all))
	for _, s := range slices.Compact(all) {
		pairs = append(pairs, s, shown)
	}
	return &Mask{
		secrets: strings.NewReplacer(pairs...),
		tokens:  regexp.MustCompile(`eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*`),
	}
}

// Text returns the text with every secret replaced.
func (m *Mask) Text(s string) string {
	return m.tokens.ReplaceAllString(m.secrets.Replace(s), shown)
}

// longestFirst puts a secret before its own parts, which the replacer tries in this order; equal ones meet.
func longestFirst(a, b string) int {
	if len(a) != len(b) {
		return len(b) - len(a)
	}
	return strings.Compare(a, b)
}
