package demo

import (
	"bytes"
	"fmt"
	"io"
)

// indent is where the outcome of a step begins.
const indent = "            "

// indented passes whole lines on, below the title of a step.
type indented struct {
	to   io.Writer
	rest []byte
}

func (i *indented) Write(p []byte) (int, error) {
	i.rest = append(i.rest, p...)
	for {
		line, rest, whole := bytes.Cut(i.rest, []byte("\n"))
		if !whole {
			return len(p), nil
		}
		if _, err := fmt.Fprintf(i.to, "%s%s\n", indent, line); err != nil {
			return 0, fmt.Errorf("show the progress: %w", err)
		}
		i.rest = rest
	}
}
