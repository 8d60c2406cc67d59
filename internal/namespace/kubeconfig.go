package namespace

import (
	"encoding/base64"
	"fmt"

	"go.yaml.in/yaml/v3"
)

// Kubeconfig renders a grant as a kubeconfig with one context: server, CA,
// token and namespace, and nothing that runs a program or reads a file.
func (g Grant) Kubeconfig() ([]byte, error) {
	const name = "roadstead"
	host := map[string]any{"server": g.Cluster.Platform.APIURL}
	if ca := g.Cluster.Platform.CAPEM; ca != "" {
		host["certificate-authority-data"] = base64.StdEncoding.EncodeToString([]byte(ca))
	}
	var text []byte
	var err error
	g.Token.Reveal(func(token []byte) {
		text, err = yaml.Marshal(map[string]any{
			"apiVersion": "v1", "kind": "Config", "current-context": name,
			"clusters": []any{map[string]any{"name": name, "cluster": host}},
			"users":    []any{map[string]any{"name": name, "user": map[string]any{"token": string(token)}}},
			"contexts": []any{map[string]any{"name": name, "context": map[string]any{
				"cluster": name, "user": name, "namespace": g.Namespace.Name,
			}}},
		})
	})
	if err != nil {
		return nil, fmt.Errorf("render kubeconfig: %w", err)
	}
	return text, nil
}
