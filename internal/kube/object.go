package kube

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"

	"github.com/roadstead/roadstead/internal/apperr"
)

// Object is any Kubernetes object: a typed one, an unstructured one, or, to read without content, a
// PartialObjectMetadata whose kind is set.
type Object interface {
	runtime.Object
	metav1.Object
}

// Ref names an object of a supported group by its kind, such as {Group: "apps", Kind: "Deployment", …}.
// Namespace is empty for objects of the cluster.
type Ref struct{ Group, Kind, Namespace, Name string }

// RefOf names obj.
func RefOf(obj Object) (Ref, error) {
	kind, err := kindOf(obj)
	if err != nil {
		return Ref{}, err
	}
	return Ref{Group: kind.Group, Kind: kind.Kind, Namespace: obj.GetNamespace(), Name: obj.GetName()}, nil
}

// String reads "Deployment shop-7/web".
func (r Ref) String() string {
	if r.Namespace == "" {
		return r.Kind + " " + r.Name
	}
	return r.Kind + " " + r.Namespace + "/" + r.Name
}

func (r Ref) resource() string {
	return resourceOf(schema.GroupVersionKind{Group: r.Group, Kind: r.Kind})
}

// kindOf is the kind that an object says it has, else the one of its Go type.
func kindOf(obj runtime.Object) (schema.GroupVersionKind, error) {
	if kind := obj.GetObjectKind().GroupVersionKind(); kind.Kind != "" {
		return kind, nil
	}
	kinds, _, err := scheme.Scheme.ObjectKinds(obj)
	if err != nil {
		return schema.GroupVersionKind{}, apperr.Of(apperr.ClusterUnsupported).With(fmt.Errorf("finding the kind of a %T: %w", obj, err))
	}
	return kinds[0], nil
}

// resourceOf is the name of a kind in URLs: its plural in lower case. The guess of apimachinery holds for every
// kind of the supported groups but "Gateway", of which it makes "gatewaies".
func resourceOf(kind schema.GroupVersionKind) string {
	name := strings.ToLower(kind.Kind)
	if before, ok := strings.CutSuffix(name, "y"); ok && strings.ContainsAny(before[max(0, len(before)-1):], "aeiou") {
		return name + "s"
	}
	plural, _ := meta.UnsafeGuessKindToResource(kind)
	return plural.Resource
}

// withOptions adds the options of a call. They have one form for all groups, which client-go knows by the version of
// the core group: it does not know that of a group outside of its scheme.
func withOptions(req *rest.Request, options runtime.Object) *rest.Request {
	return req.SpecificallyVersionedParams(options, scheme.ParameterCodec, schema.GroupVersion{Version: "v1"})
}

// accept asks for the form that into can be read from.
func accept(req *rest.Request, into runtime.Object) *rest.Request {
	switch into.(type) {
	case *metav1.PartialObjectMetadata:
		return req.SetHeader("Accept", jsonType+";as=PartialObjectMetadata;g=meta.k8s.io;v=v1")
	case *metav1.PartialObjectMetadataList:
		return req.SetHeader("Accept", jsonType+";as=PartialObjectMetadataList;g=meta.k8s.io;v=v1")
	case runtime.Unstructured:
		return req.SetHeader("Accept", jsonType)
	}
	return req
}

// decode reads an answer into a typed, unstructured or partial object. A partial one keeps the kind that it was
// asked for: the server names the form instead.
func decode(result rest.Result, into runtime.Object) error {
	if err := result.Error(); err != nil {
		return classify(err)
	}
	switch into.(type) {
	case *metav1.PartialObjectMetadata, *metav1.PartialObjectMetadataList:
		kind := into.GetObjectKind().GroupVersionKind()
		defer into.GetObjectKind().SetGroupVersionKind(kind)
		return decodeJSON(result, into)
	case *unstructured.Unstructured, *unstructured.UnstructuredList:
		return decodeJSON(result, into)
	}
	body, err := result.Raw()
	if err == nil {
		err = weighed(body)
	}
	if err != nil {
		return classify(err)
	}
	return badAnswer(readInto(result, into))
}

// readInto reads an answer of into's own kind. client-go's Into leaves into empty, and says nothing, when the answer is
// of another one: a list without items would then be taken for the truth.
func readInto(result rest.Result, into runtime.Object) error {
	got, err := result.Get()
	if err != nil {
		return err //nolint:wrapcheck // the caller says what it was doing
	}
	from, to := reflect.ValueOf(got), reflect.ValueOf(into)
	if from.Type() != to.Type() {
		return fmt.Errorf("it is a %T, not a %T", got, into)
	}
	to.Elem().Set(from.Elem())
	return nil
}

func decodeJSON(result rest.Result, into runtime.Object) error {
	body, err := result.Raw()
	if err == nil {
		err = json.Unmarshal(body, into)
	}
	return badAnswer(err)
}

// badAnswer is for failures to read what a server sent with a good status.
func badAnswer(err error) error {
	if err == nil {
		return nil
	}
	return apperr.Of(apperr.ClusterBadResponse).With(fmt.Errorf("reading the answer: %w", err))
}
