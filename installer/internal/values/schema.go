package values

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

const (
	// schemaAddress is the base of references inside a chart's schema. It is no file: references to files lead
	// nowhere.
	schemaAddress = "chart:///values.schema.json"
	// maxRemote is how many other schemas one schema may refer to.
	maxRemote = 16
	// maxSchema is the largest schema in bytes; a compiled one takes many times as much.
	maxSchema = 5 << 20
)

// misfits returns the paths at which values break the schema.
func misfits(schema []byte, values map[string]any, schemas SchemaLoader) ([]string, error) {
	doc, err := document(schema)
	if err != nil {
		return nil, err
	}
	c := jsonschema.NewCompiler()
	c.UseLoader(&remote{schemas: schemas})
	if err := c.AddResource(schemaAddress, doc); err != nil {
		return nil, fmt.Errorf("adding the schema: %w", err)
	}
	compiled, err := c.Compile(schemaAddress)
	if err != nil {
		return nil, fmt.Errorf("compiling the schema: %w", err)
	}
	err = compiled.Validate(values)
	if misfit, ok := errors.AsType[*jsonschema.ValidationError](err); ok {
		return paths(misfit), nil
	}
	if err != nil {
		return nil, fmt.Errorf("comparing the values: %w", err)
	}
	return nil, nil
}

// document decodes a schema. The decoder bounds its nesting; its size is bounded here.
func document(schema []byte) (any, error) {
	if len(schema) > maxSchema {
		return nil, fmt.Errorf("it is larger than %d bytes", maxSchema)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(schema))
	if err != nil {
		return nil, fmt.Errorf("decoding JSON: %w", err)
	}
	return doc, nil
}

// remote loads the schemas that a schema refers to.
type remote struct {
	schemas SchemaLoader
	count   int
}

// Load gets one schema over HTTP. A name without an address (urn) allows everything, as in Helm.
func (r *remote) Load(address string) (any, error) {
	if strings.HasPrefix(address, "urn:") {
		return true, nil
	}
	if r.count++; r.count > maxRemote {
		return nil, fmt.Errorf("it refers to more than %d other schemas", maxRemote)
	}
	text, err := r.schemas.Schema(address)
	if err != nil {
		return nil, err
	}
	return document(text)
}

// paths lists where a comparison failed. Only the leaves of the tree of causes count: the inner nodes repeat
// them.
func paths(e *jsonschema.ValidationError) []string {
	if len(e.Causes) > 0 {
		var all []string
		for _, c := range e.Causes {
			all = append(all, paths(c)...)
		}
		return all
	}
	at := "/" + strings.Join(e.InstanceLocation, "/")
	switch k := e.ErrorKind.(type) {
	case *kind.Type:
		return []string{at + ": want " + strings.Join(k.Want, " or ")}
	case *kind.Required:
		return beneath(at, k.Missing, "missing")
	case *kind.AdditionalProperties:
		return beneath(at, k.Properties, "not known")
	}
	return []string{at}
}

func beneath(at string, names []string, what string) []string {
	var all []string
	for _, name := range names {
		all = append(all, strings.TrimSuffix(at, "/")+"/"+name+": "+what)
	}
	return all
}
