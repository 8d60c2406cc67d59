package kube

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"

	"github.com/roadstead/roadstead/internal/apperr"
)

// FieldManager is the name under which we own fields of objects.
const FieldManager = "roadstead"

// Applied says which object an Apply ended at.
type Applied struct {
	UID             string
	ResourceVersion string
}

// Apply makes or changes an object by server-side apply: the fields that obj sets become ours, whoever set them
// before. With a uid in obj it fails unless the object is that very one. Repeating it changes nothing.
func (c *Client) Apply(ctx context.Context, obj Object) (Applied, error) {
	body, err := applyBody(obj)
	if err != nil {
		return Applied{}, err
	}
	ref, err := RefOf(obj)
	if err != nil {
		return Applied{}, err
	}
	g, err := c.group(ctx, ref.Group)
	if err != nil {
		return Applied{}, fmt.Errorf("applying %s: %w", ref, err)
	}
	ctx, cancel := callContext(ctx)
	defer cancel()
	var result metav1.PartialObjectMetadata
	req := at(g.Patch(types.ApplyPatchType), ref).Body(body).
		Param("fieldManager", FieldManager).Param("force", "true").Param("fieldValidation", "Strict")
	if err := decode(accept(req, &result).Do(ctx), &result); err != nil {
		return Applied{}, fmt.Errorf("applying %s: %w", ref, err)
	}
	return Applied{UID: string(result.UID), ResourceVersion: result.ResourceVersion}, nil
}

// applyBody is obj as JSON with its kind, without the fields that only a server sets: to apply them would be to
// own them.
func applyBody(obj Object) ([]byte, error) {
	kind, err := kindOf(obj)
	if err != nil {
		return nil, err
	}
	fields, err := runtime.DefaultUnstructuredConverter.ToUnstructured(obj)
	if err != nil {
		return nil, fmt.Errorf("preparing to apply a %s: %w", kind.Kind, err)
	}
	delete(fields, "status")
	if m, ok := fields["metadata"].(map[string]any); ok {
		for _, name := range []string{"creationTimestamp", "managedFields", "resourceVersion", "generation"} {
			delete(m, name)
		}
	}
	fields["apiVersion"], fields["kind"] = kind.ToAPIVersionAndKind()
	body, err := json.Marshal(fields)
	if err != nil {
		return nil, fmt.Errorf("preparing to apply a %s: %w", kind.Kind, err)
	}
	return body, nil
}

// Create makes obj and reads it back as the server keeps it. It fails with ErrExists when the name is taken.
func (c *Client) Create(ctx context.Context, obj Object) error {
	ref, err := RefOf(obj)
	if err != nil {
		return err
	}
	return c.post(ctx, ref, "", obj, obj)
}

// post sends obj to a collection, or to a subresource of the object that ref names.
func (c *Client) post(ctx context.Context, ref Ref, subresource string, obj, into runtime.Object) error {
	g, err := c.group(ctx, ref.Group)
	if err != nil {
		return fmt.Errorf("creating %s: %w", ref, err)
	}
	ctx, cancel := callContext(ctx)
	defer cancel()
	req := g.Post().MaxRetries(0).NamespaceIfScoped(ref.Namespace, ref.Namespace != "").Resource(ref.resource())
	if subresource != "" {
		req = req.Name(ref.Name).SubResource(subresource)
	}
	req = withOptions(req, &metav1.CreateOptions{FieldManager: FieldManager})
	if err := decode(accept(withBody(req, obj), into).Do(ctx), into); err != nil {
		return fmt.Errorf("creating %s: %w", ref, err)
	}
	return nil
}

// withBody sends kinds that client-go's scheme does not know as plain JSON.
func withBody(req *rest.Request, obj runtime.Object) *rest.Request {
	u, ok := obj.(interface{ MarshalJSON() ([]byte, error) })
	if !ok {
		return req.Body(obj)
	}
	body, err := u.MarshalJSON()
	if err != nil {
		return req.Body(err)
	}
	return req.SetHeader("Content-Type", jsonType).Body(body)
}

// DeleteOptions narrow a Delete. The zero value deletes whatever has the name, its dependents in the background.
type DeleteOptions struct {
	UID        string         // delete only this very object
	Grace      *time.Duration // nil: the object's own
	Foreground bool           // dependents first
}

// Delete asks for the deletion of an object. One that is gone already, or was replaced by another one, is fine.
func (c *Client) Delete(ctx context.Context, ref Ref, o DeleteOptions) error {
	g, err := c.group(ctx, ref.Group)
	if err != nil {
		return fmt.Errorf("deleting %s: %w", ref, err)
	}
	policy := metav1.DeletePropagationBackground
	if o.Foreground {
		policy = metav1.DeletePropagationForeground
	}
	options := &metav1.DeleteOptions{PropagationPolicy: &policy}
	if o.UID != "" {
		uid := types.UID(o.UID)
		options.Preconditions = &metav1.Preconditions{UID: &uid}
	}
	if o.Grace != nil {
		seconds := int64(o.Grace.Seconds())
		options.GracePeriodSeconds = &seconds
	}
	ctx, cancel := callContext(ctx)
	defer cancel()
	err = classify(at(g.Verb("DELETE"), ref).Body(options).Do(ctx).Error())
	if code := apperr.CodeOf(err); code == apperr.ClusterNotFound || code == apperr.ClusterConflict && o.UID != "" {
		return nil
	}
	if err != nil {
		return fmt.Errorf("deleting %s: %w", ref, err)
	}
	return nil
}

// at points a request at an object. client-go tries nothing again: that is the caller's job, in its own time.
func at(req *rest.Request, ref Ref) *rest.Request {
	return req.MaxRetries(0).NamespaceIfScoped(ref.Namespace, ref.Namespace != "").Resource(ref.resource()).Name(ref.Name)
}
