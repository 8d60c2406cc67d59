package manifest

import (
	"bytes"
	"encoding/json"
	"fmt"

	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"
)

// YAML renders objects as the documents of one file, without the fields that
// only a server fills in.
func YAML(objects []runtime.Object) ([]byte, error) {
	var out bytes.Buffer
	for i, o := range objects {
		text, err := document(o)
		if err != nil {
			return nil, fmt.Errorf("render %T: %w", o, err)
		}
		if i > 0 {
			out.WriteString("---\n")
		}
		out.Write(text)
	}
	return out.Bytes(), nil
}

func document(o runtime.Object) ([]byte, error) {
	raw, err := json.Marshal(o)
	if err != nil {
		return nil, err //nolint:wrapcheck // the caller says what it was doing
	}
	var fields map[string]any
	if err := json.Unmarshal(raw, &fields); err != nil {
		return nil, err //nolint:wrapcheck // as above
	}
	delete(fields, "status")
	if meta, ok := fields["metadata"].(map[string]any); ok && meta["creationTimestamp"] == nil {
		delete(meta, "creationTimestamp")
	}
	return yaml.Marshal(fields) //nolint:wrapcheck // as above
}
