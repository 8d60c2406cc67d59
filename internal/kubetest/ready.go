package kubetest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/version"
	"k8s.io/client-go/kubernetes/scheme"
)

// ready answers like a healthy cluster without objects: what is made or applied is sent back with a uid, reads
// find nothing, lists are empty, watches stay silent, reviews allow.
func ready(w http.ResponseWriter, r *http.Request) {
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	switch {
	case r.URL.Path == "/version":
		JSON(http.StatusOK, version.Info{Major: "1", Minor: "37", GitVersion: "v1.37.2", Platform: "linux/amd64"})(w, r)
	case r.URL.Path == "/readyz", r.URL.Path == "/livez":
		Text(http.StatusOK, "text/plain", "ok")(w, r)
	case r.URL.Path == "/api":
		JSON(http.StatusOK, metav1.APIVersions{Versions: []string{"v1"}})(w, r)
	case parts[0] == "apis" && len(parts) == 2:
		readyGroup(parts[1])(w, r)
	case strings.HasSuffix(r.URL.Path, "/log"):
		Text(http.StatusOK, "text/plain", "a line\n")(w, r)
	case isWatch(r):
		Events()(w, r)
	default:
		readyObject(parts)(w, r)
	}
}

// readyGroup serves every group of client-go's scheme in all its versions, and of the others what the stubs name.
func readyGroup(name string) Answer {
	served := metav1.APIGroup{Name: name}
	for _, gv := range append(scheme.Scheme.PrioritizedVersionsForGroup(name), stubbedVersions(name)...) {
		served.Versions = append(served.Versions, metav1.GroupVersionForDiscovery{GroupVersion: gv.String(), Version: gv.Version})
	}
	if len(served.Versions) == 0 {
		return Status(http.StatusNotFound, "NotFound", "no such group")
	}
	return JSON(http.StatusOK, served)
}

func readyObject(parts []string) Answer {
	return func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == http.MethodPost:
			created(w, r)
		case r.Method == http.MethodPatch:
			applied(w, r)
		case r.Method == http.MethodDelete:
			JSON(http.StatusOK, metav1.Status{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Status"}, Status: metav1.StatusSuccess})(w, r)
		case isList(parts):
			Listed()(w, r)
		default:
			Status(http.StatusNotFound, "NotFound", "no such object")(w, r)
		}
	}
}

// created reads what was sent, in JSON or protobuf, and gives it what only a server gives.
func created(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	obj, _, err := scheme.Codecs.UniversalDeserializer().Decode(body, nil, nil)
	if err != nil {
		Status(http.StatusBadRequest, "BadRequest", err.Error())(w, r)
		return
	}
	switch o := obj.(type) {
	case *authorizationv1.SelfSubjectAccessReview:
		o.Status.Allowed = true
	case *authenticationv1.SelfSubjectReview:
		o.Status.UserInfo.Username = "system:serviceaccount:roadstead:roadstead"
	case *authenticationv1.TokenRequest:
		o.Status.Token = "minted"
		o.Status.ExpirationTimestamp = metav1.NewTime(time.Now().Add(time.Duration(*o.Spec.ExpirationSeconds) * time.Second))
	}
	if m, err := meta.Accessor(obj); err == nil {
		m.SetUID(types.UID("uid-of-" + m.GetName()))
		m.SetResourceVersion("1")
	}
	JSON(http.StatusCreated, obj)(w, r)
}

func applied(w http.ResponseWriter, r *http.Request) {
	var obj map[string]any
	if err := json.NewDecoder(r.Body).Decode(&obj); err != nil {
		Status(http.StatusBadRequest, "BadRequest", err.Error())(w, r)
		return
	}
	if m, ok := obj["metadata"].(map[string]any); ok {
		m["uid"], m["resourceVersion"] = fmt.Sprintf("uid-of-%v", m["name"]), "1"
	}
	JSON(http.StatusOK, obj)(w, r)
}

// isList reports whether the parts of a path end with a resource and not with a name.
func isList(parts []string) bool {
	prefix := 3 // apis, group, version
	if parts[0] == "api" {
		prefix = 2
	}
	rest := len(parts) - prefix
	return rest == 1 || rest == 3 && parts[prefix] == "namespaces"
}

// listKind finds the list kind of a resource among the kinds that client-go knows, and makes one up for others.
func listKind(resource string) string {
	for gvk := range scheme.Scheme.AllKnownTypes() {
		plural, _ := meta.UnsafeGuessKindToResource(gvk)
		if plural.Resource == resource && !strings.HasSuffix(gvk.Kind, "List") {
			return gvk.Kind + "List"
		}
	}
	return strings.ToUpper(resource[:1]) + strings.TrimSuffix(resource[1:], "s") + "List"
}

// Events answers a watch with events, then stays silent until the caller leaves.
func Events(events ...metav1.WatchEvent) Answer {
	return func(w http.ResponseWriter, r *http.Request) {
		sendEvents(w, events)
		<-r.Context().Done()
	}
}

// LastEvents answers a watch with events and ends the connection.
func LastEvents(events ...metav1.WatchEvent) Answer {
	return func(w http.ResponseWriter, _ *http.Request) { sendEvents(w, events) }
}

func sendEvents(w http.ResponseWriter, events []metav1.WatchEvent) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusOK)
	writeEvents(w, events)
}

func writeEvents(w http.ResponseWriter, events []metav1.WatchEvent) {
	for _, e := range events {
		_ = json.NewEncoder(w).Encode(e) //nolint:errchkjson // an event that the test itself made
	}
	_ = http.NewResponseController(w).Flush()
}
