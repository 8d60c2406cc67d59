package chartrepo

import (
	"fmt"
	"time"

	chart "helm.sh/helm/v4/pkg/chart/v2"
	"sigs.k8s.io/yaml"
)

// index is the index of a Helm repository.
type index struct {
	APIVersion string             `json:"apiVersion"`
	Generated  time.Time          `json:"generated"`
	Entries    map[string][]entry `json:"entries"`
}

type entry struct {
	*chart.Metadata

	URLs    []string  `json:"urls"`
	Created time.Time `json:"created"`
	Digest  string    `json:"digest"`
}

// newIndex lists archives that lie beside the index.
func newIndex(archives []Archive) ([]byte, error) {
	i := index{APIVersion: "v1", Generated: packaged(), Entries: map[string][]entry{}}
	for _, a := range archives {
		name := a.Metadata.Name
		i.Entries[name] = append(i.Entries[name], entry{
			Metadata: a.Metadata, URLs: []string{a.FileName()}, Created: packaged(), Digest: digest(a.Data)[len("sha256:"):],
		})
	}
	data, err := yaml.Marshal(i)
	if err != nil {
		return nil, fmt.Errorf("encode the index of charts: %w", err)
	}
	return data, nil
}
