package kubetest

import (
	"encoding/json"
	"net/http"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// Found answers the reading of any object with one of that kind and name that holds nothing else.
func Found(w http.ResponseWriter, r *http.Request) {
	at := resourceAt(r.URL.Path)
	JSON(http.StatusOK, at.object(at.name))(w, r)
}

// Annotated is Found with an annotation.
func Annotated(key, value string) Answer {
	return func(w http.ResponseWriter, r *http.Request) {
		at := resourceAt(r.URL.Path)
		object := at.object(at.name)
		metaOf(object)["annotations"] = map[string]any{key: value}
		JSON(http.StatusOK, object)(w, r)
	}
}

// Listed answers any list with objects of the names, that hold nothing else.
func Listed(names ...string) Answer {
	return func(w http.ResponseWriter, r *http.Request) {
		at := resourceAt(r.URL.Path)
		items := make([]any, len(names))
		for i, name := range names {
			items[i] = at.object(name)
		}
		JSON(http.StatusOK, at.list("1", items))(w, r)
	}
}

// Added answers any watch with the addition of objects of the names, then stays silent.
func Added(names ...string) Answer {
	return func(w http.ResponseWriter, r *http.Request) {
		at := resourceAt(r.URL.Path)
		events := make([]metav1.WatchEvent, len(names))
		for i, name := range names {
			events[i] = watchEvent("ADDED", at.object(name))
		}
		Events(events...)(w, r)
	}
}

func watchEvent(kind string, object map[string]any) metav1.WatchEvent {
	raw, err := json.Marshal(object)
	if err != nil {
		panic(err) // a map of texts
	}
	return metav1.WatchEvent{Type: kind, Object: runtime.RawExtension{Raw: raw}}
}

// resource is what a path names: a collection, or with a name an object of it.
type resource struct{ apiVersion, namespace, plural, name string }

// resourceAt reads /api/VERSION/… and /apis/GROUP/VERSION/….
func resourceAt(path string) resource {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	r := resource{apiVersion: parts[1]}
	parts = parts[2:]
	if strings.HasPrefix(path, "/apis/") {
		r.apiVersion, parts = r.apiVersion+"/"+parts[0], parts[1:]
	}
	if len(parts) > 2 && parts[0] == "namespaces" {
		r.namespace, parts = parts[1], parts[2:]
	}
	r.plural = parts[0]
	if len(parts) > 1 {
		r.name = parts[1]
	}
	return r
}

// object is one that holds nothing but what every object holds.
func (r resource) object(name string) map[string]any {
	meta := map[string]any{"name": name, "uid": "uid-of-" + name, "resourceVersion": "1"}
	if r.namespace != "" {
		meta["namespace"] = r.namespace
	}
	return map[string]any{
		"apiVersion": r.apiVersion, "kind": strings.TrimSuffix(listKind(r.plural), "List"), "metadata": meta,
	}
}

func (r resource) list(version string, items []any) map[string]any {
	return map[string]any{
		"apiVersion": r.apiVersion, "kind": listKind(r.plural),
		"metadata": map[string]any{"resourceVersion": version}, "items": items,
	}
}
