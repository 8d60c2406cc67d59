package values

import (
	"strings"
)

// RefusedError says that values do not fit the chart. It names places, never values.
type RefusedError struct {
	Paths []string // such as "/image/tag" or "/sub/replicas: want integer"
}

// Error lists the places.
func (e *RefusedError) Error() string {
	return "the values are refused: " + strings.Join(e.Paths, ", ")
}
