package kube

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/yaml"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/provision"
)

// The ConfigMap that lets machines into clusters of Amazon EKS that go by it.
const (
	awsAuthName = "aws-auth"
	awsAuthKey  = "mapRoles"
)

// nodeEntry is what a role's machines are known by in the cluster, as EKS documents it.
func nodeEntry(roleARN string) map[string]any {
	return map[string]any{
		"rolearn": roleARN, "username": "system:node:{{EC2PrivateDNSName}}",
		"groups": []any{"system:bootstrappers", "system:nodes"},
	}
}

// AdmitNodes lets machines of a role in. What the ConfigMap holds else stays as it is, and one that cannot be read is
// left alone.
func (n Connector) AdmitNodes(ctx context.Context, a provision.Access, nodeRoleARN string) error {
	return n.enter(a, func(c *Client) error {
		found := &corev1.ConfigMap{}
		err := c.Get(ctx, metav1.NamespaceSystem, awsAuthName, found)
		if apperr.CodeOf(err) == apperr.ClusterNotFound {
			return c.createAWSAuth(ctx, nodeRoleARN)
		}
		if err != nil {
			return err
		}
		merged, changed, err := mergeRoles(found.Data[awsAuthKey], nodeRoleARN)
		if err != nil || !changed {
			return err
		}
		return c.patchAWSAuth(ctx, found, merged)
	})
}

func (c *Client) createAWSAuth(ctx context.Context, nodeRoleARN string) error {
	merged, _, err := mergeRoles("", nodeRoleARN)
	if err != nil {
		return err
	}
	err = c.Create(ctx, &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Name: awsAuthName, Namespace: metav1.NamespaceSystem},
		Data:       map[string]string{awsAuthKey: merged},
	})
	if errors.Is(err, ErrExists) {
		return apperr.Of(apperr.ClusterConflict).With(err) // somebody else was faster: the next try merges
	}
	return err
}

// mergeRoles adds a role to the list of roles, at its end, unless it is there. The text before it is not touched, so
// that comments, order and fields that we do not know stay.
func mergeRoles(text, roleARN string) (merged string, changed bool, err error) {
	var entries []map[string]any
	if err := yaml.Unmarshal([]byte(text), &entries); err != nil {
		return "", false, apperr.Of(apperr.ClusterInvalid).With(fmt.Errorf("reading %s of %s: %w", awsAuthKey, awsAuthName, err))
	}
	for _, e := range entries {
		if arn, _ := e["rolearn"].(string); arn == roleARN {
			return text, false, nil
		}
	}
	if len(entries) == 0 {
		text = "" // an empty list in any spelling
	}
	added, err := yaml.Marshal([]any{nodeEntry(roleARN)})
	if err != nil {
		return "", false, fmt.Errorf("rendering an entry of %s: %w", awsAuthName, err)
	}
	if text != "" && !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	merged = text + string(added)
	var check []map[string]any
	if err := yaml.Unmarshal([]byte(merged), &check); err != nil || len(check) != len(entries)+1 {
		return mergeParsed(entries, roleARN)
	}
	return merged, true, nil
}

// mergeParsed writes the list anew, where its text does not let an entry be put at its end, as the flow style of YAML
// does not.
func mergeParsed(entries []map[string]any, roleARN string) (string, bool, error) {
	all, err := yaml.Marshal(append(entries, nodeEntry(roleARN)))
	if err != nil {
		return "", false, fmt.Errorf("rendering %s: %w", awsAuthName, err)
	}
	return string(all), true, nil
}

// patchAWSAuth writes the list unless somebody else changed the ConfigMap since it was read.
func (c *Client) patchAWSAuth(ctx context.Context, read *corev1.ConfigMap, merged string) error {
	ref := Ref{Kind: "ConfigMap", Namespace: read.Namespace, Name: read.Name}
	body, err := json.Marshal(map[string]any{
		"metadata": map[string]any{"resourceVersion": read.ResourceVersion, "uid": read.UID},
		"data":     map[string]any{awsAuthKey: merged},
	})
	if err != nil {
		return fmt.Errorf("rendering a change of %s: %w", ref, err)
	}
	g, err := c.group(ctx, ref.Group)
	if err != nil {
		return fmt.Errorf("changing %s: %w", ref, err)
	}
	ctx, cancel := callContext(ctx)
	defer cancel()
	var result metav1.PartialObjectMetadata
	req := at(g.Patch(types.MergePatchType), ref).Body(body).Param("fieldManager", FieldManager)
	if err := decode(accept(req, &result).Do(ctx), &result); err != nil {
		return fmt.Errorf("changing %s: %w", ref, err)
	}
	return nil
}
