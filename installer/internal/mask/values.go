package mask

import (
	"fmt"
	"strconv"
	"unicode/utf8"
)

// Values returns every value of a tree of settings that is to be masked: the leaves, not the names, of six
// characters or more. A truth value tells nothing and is left out.
func Values(tree any) []string {
	switch v := tree.(type) {
	case map[string]any:
		var all []string
		for _, child := range v {
			all = append(all, Values(child)...)
		}
		return all
	case []any:
		var all []string
		for _, child := range v {
			all = append(all, Values(child)...)
		}
		return all
	case nil, bool:
		return nil
	case float64: // what a template prints as it is, and what it prints as an integer
		return append(leaf(fmt.Sprint(v)), leaf(strconv.FormatFloat(v, 'f', -1, 64))...)
	default:
		return leaf(fmt.Sprint(v))
	}
}

func leaf(s string) []string {
	if utf8.RuneCountInString(s) < shortest {
		return nil
	}
	return []string{s}
}
