package kubetest

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/scheme"
)

// Objects is the memory of a stub. With its Answer for everything, a Server keeps what is created and applied,
// shows it to reads, lists and watches, refuses what exists already, and counts what took effect. It knows no
// admission, no defaults and no owners of fields; the devcluster does.
type Objects struct {
	mu      sync.Mutex
	version int64
	held    map[string]map[string]any // by path
	effects map[string]int            // "POST /api/v1/…/name" and so on
	log     []change
	changed chan struct{} // closed and replaced with every change
}

// change is one event of the watches.
type change struct {
	version    int64
	collection string // its path, of the namespace
	event      metav1.WatchEvent
}

// NewObjects makes a memory that holds nothing.
func NewObjects() *Objects {
	return &Objects{held: map[string]map[string]any{}, effects: map[string]int{}, changed: make(chan struct{})}
}

// Answer answers like the API server of a cluster that holds the objects.
func (o *Objects) Answer(w http.ResponseWriter, r *http.Request) {
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	switch {
	case len(parts) < 3, strings.Contains(r.URL.Path, "/self"), slices.Contains([]string{"token", "log"}, parts[len(parts)-1]):
		ready(w, r)
	case isWatch(r):
		o.watch(w, r)
	case r.Method == http.MethodGet:
		o.read(parts)(w, r)
	default:
		o.write(w, r)
	}
}

// Put creates or changes an object from behind, at the path of its collection and with fields beside its metadata.
func (o *Objects) Put(collection, name string, fields map[string]any) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.keep(collection, name, fields)
}

// Remove deletes an object from behind; one that is not there is fine.
func (o *Objects) Remove(collection, name string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.drop(collection, name)
}

// Versions lists what a collection holds: names with their versions.
func (o *Objects) Versions(collection string) map[string]string {
	o.mu.Lock()
	defer o.mu.Unlock()
	found := map[string]string{}
	for path, object := range o.held {
		if name, ok := strings.CutPrefix(path, collection+"/"); ok && !strings.Contains(name, "/") {
			found[name], _ = metaOf(object)["resourceVersion"].(string)
		}
	}
	return found
}

// Effects counts what took effect: how often each object was created (POST), applied (PATCH) and deleted, by
// method and path of the object.
func (o *Objects) Effects() map[string]int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return maps.Clone(o.effects)
}

// Since lists the changes of a collection after a version, the version reached, and when to ask again.
func (o *Objects) Since(collection string, version int64) (events []metav1.WatchEvent, now int64, changed <-chan struct{}) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, c := range o.log {
		if c.version > version && c.collection == collection {
			events = append(events, c.event)
		}
	}
	return events, o.version, o.changed
}

func (o *Objects) read(parts []string) Answer {
	return func(w http.ResponseWriter, r *http.Request) {
		o.mu.Lock()
		defer o.mu.Unlock()
		path, at := strings.TrimSuffix(r.URL.Path, "/"), resourceAt(r.URL.Path)
		if !isList(parts) {
			if object, ok := o.held[path]; ok {
				JSON(http.StatusOK, object)(w, r)
				return
			}
			Status(http.StatusNotFound, "NotFound", "no such object")(w, r)
			return
		}
		items := []any{}
		for _, p := range slices.Sorted(maps.Keys(o.held)) {
			if name, ok := strings.CutPrefix(p, path+"/"); ok && !strings.Contains(name, "/") {
				items = append(items, o.held[p])
			}
		}
		JSON(http.StatusOK, at.list(strconv.FormatInt(o.version, 10), items))(w, r)
	}
}

func (o *Objects) write(w http.ResponseWriter, r *http.Request) {
	object, err := bodyOf(r)
	if err != nil {
		Status(http.StatusBadRequest, "BadRequest", err.Error())(w, r)
		return
	}
	collection, name := r.URL.Path, fmt.Sprint(metaOf(object)["name"])
	if r.Method != http.MethodPost {
		at := strings.LastIndex(collection, "/")
		collection, name = collection[:at], collection[at+1:]
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	_, exists := o.held[collection+"/"+name]
	switch {
	case r.Method == http.MethodPost && exists:
		Status(http.StatusConflict, "AlreadyExists", "it exists")(w, r)
		return
	case r.Method == http.MethodDelete && !exists:
		Status(http.StatusNotFound, "NotFound", "no such object")(w, r)
		return
	}
	o.effects[r.Method+" "+collection+"/"+name]++
	if r.Method == http.MethodDelete {
		JSON(http.StatusOK, o.drop(collection, name))(w, r)
		return
	}
	JSON(http.StatusOK, o.keep(collection, name, object))(w, r)
}

// keep stores an object under the next version. The lock is held.
func (o *Objects) keep(collection, name string, fields map[string]any) map[string]any {
	path, kind := collection+"/"+name, "ADDED"
	object := resourceAt(path).object(name)
	meta := metaOf(object)
	maps.Copy(object, fields)
	sent := metaOf(fields)
	object["metadata"] = meta
	uid := fmt.Sprintf("uid-of-%s-%d", name, o.version+1)
	if old, ok := o.held[path]; ok {
		kind, uid = "MODIFIED", fmt.Sprint(metaOf(old)["uid"])
	}
	maps.Copy(meta, sent)
	meta["name"], meta["uid"] = name, uid
	o.held[path] = object
	o.tell(kind, collection, object)
	return object
}

// drop forgets an object and returns its last state. The lock is held.
func (o *Objects) drop(collection, name string) map[string]any {
	object, ok := o.held[collection+"/"+name]
	if !ok {
		return nil
	}
	delete(o.held, collection+"/"+name)
	object = maps.Clone(object)
	object["metadata"] = maps.Clone(metaOf(object))
	o.tell("DELETED", collection, object)
	return object
}

// tell numbers a change and wakes the watches. The lock is held.
func (o *Objects) tell(kind, collection string, object map[string]any) {
	o.version++
	metaOf(object)["resourceVersion"] = strconv.FormatInt(o.version, 10)
	o.log = append(o.log, change{o.version, collection, watchEvent(kind, object)})
	close(o.changed)
	o.changed = make(chan struct{})
}

func (o *Objects) watch(w http.ResponseWriter, r *http.Request) {
	sendEvents(w, nil)
	for seen, _ := strconv.ParseInt(r.URL.Query().Get("resourceVersion"), 10, 64); ; {
		events, now, changed := o.Since(r.URL.Path, seen)
		writeEvents(w, events)
		seen = now
		select {
		case <-r.Context().Done():
			return
		case <-changed:
		}
	}
}

// bodyOf reads what was sent, in JSON or protobuf, into plain fields.
func bodyOf(r *http.Request) (map[string]any, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil || r.Method == http.MethodDelete {
		return nil, err
	}
	var object map[string]any
	if json.Unmarshal(body, &object) == nil {
		return object, nil
	}
	typed, kind, err := scheme.Codecs.UniversalDeserializer().Decode(body, nil, nil)
	if err != nil {
		return nil, fmt.Errorf("reading what was sent: %w", err)
	}
	typed.GetObjectKind().SetGroupVersionKind(*kind)
	if object, err = runtime.DefaultUnstructuredConverter.ToUnstructured(typed); err != nil {
		return nil, fmt.Errorf("reading what was sent: %w", err)
	}
	return object, nil
}

func metaOf(object map[string]any) map[string]any {
	meta, _ := object["metadata"].(map[string]any)
	return meta
}
