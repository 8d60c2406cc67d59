package chart

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"sigs.k8s.io/yaml"
)

const (
	maxVersions = 20_000  // of one chart
	maxEntry    = 8 << 20 // bytes that an index may spend on one chart
)

// readIndex returns the entries of one chart. An index has those of all charts of a repository, and parsing a
// large one takes a gigabyte of memory, so only the part about the chart is parsed.
func readIndex(r io.Reader, name string) ([]entry, error) {
	in := bufio.NewReaderSize(&capped{r: r, left: maxIndex}, 64<<10)
	text, err := entriesText(in, name)
	if err != nil {
		return nil, err
	}
	if len(bytes.TrimSpace(text)) == 0 {
		return nil, fmt.Errorf("the index does not know it: %w", ErrNotFound)
	}
	var entries []entry
	if err := yaml.Unmarshal(text, &entries); err != nil {
		return nil, fmt.Errorf("the index is malformed: %w: %w", ErrInvalid, err)
	}
	if len(entries) > maxVersions {
		return nil, fmt.Errorf("the index has more than %d versions of it: %w", maxVersions, ErrInvalid)
	}
	return entries, nil
}

// entriesText cuts the list of a chart's versions out of an index, which is YAML or JSON.
func entriesText(in *bufio.Reader, name string) ([]byte, error) {
	first, err := in.Peek(1)
	if errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("the index is empty: %w", ErrInvalid)
	}
	if err != nil {
		return nil, unreachable(err)
	}
	if first[0] == '{' {
		return jsonEntries(json.NewDecoder(in), name)
	}
	return yamlEntries(in, name)
}

// capped fails when more is read than a limit.
type capped struct {
	r    io.Reader
	left int64
}

// Read reads within the limit.
func (c *capped) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	if c.left -= int64(n); c.left < 0 {
		return 0, fmt.Errorf("more than %d bytes: %w", maxIndex, ErrInvalid)
	}
	return n, err
}
