package kube

import (
	"bytes"
	"encoding/json"
	"io"
	"reflect"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/scheme"

	"github.com/roadstead/roadstead/internal/apperr"
)

// enveloped is a message as Kubernetes sends it.
func enveloped(t *testing.T, kind string, raw []byte) []byte {
	t.Helper()
	envelope := runtime.Unknown{TypeMeta: runtime.TypeMeta{APIVersion: "v1", Kind: kind}, Raw: raw}
	data, err := envelope.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return append([]byte("k8s\x00"), data...)
}

func TestWeightOfProtobuf(t *testing.T) {
	t.Parallel()
	full := podList()
	for len(full.Items) < 500 {
		full.Items = append(full.Items, full.Items[0])
	}
	fullBody, err := full.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	empty := func(field string) []byte { return bytes.Repeat([]byte(field), 4<<20/len(field)) }
	spec := append([]byte{2<<3 | wireBytes, 0x80, 0x80, 0x80, 2}, empty("\x12\x00")...) // of a pod, with containers
	for name, tc := range map[string]struct {
		kind string
		raw  []byte
		want apperr.Code
	}{
		"full page":           {"PodList", fullBody, ""},
		"empty pods":          {"PodList", empty("\x12\x00"), apperr.ClusterResponseTooLarge},
		"empty containers":    {"Pod", spec, apperr.ClusterResponseTooLarge},
		"empty map entries":   {"Secret", empty("\x12\x00"), apperr.ClusterResponseTooLarge},
		"another kind":        {"NodeList", empty("\x12\x00"), apperr.ClusterResponseTooLarge},
		"unknown kind":        {"Nothing", empty("\x12\x00"), apperr.ClusterBadResponse},
		"unknown fields":      {"PodList", empty("\xfa\x01\x00"), ""},
		"broken in its midst": {"PodList", append(empty("\xfa\x01\x00"), 0x12, 9), apperr.ClusterBadResponse},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := apperr.CodeOf(weighed(enveloped(t, tc.kind, tc.raw))); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

// TestWeightKnowsEveryList holds the tags that fields are found by against the types: a list without one would weigh
// nothing, whatever is in it.
func TestWeightKnowsEveryList(t *testing.T) {
	t.Parallel()
	for kind, typ := range scheme.Scheme.KnownTypes(corev1.SchemeGroupVersion) {
		for f := range typ.Fields() {
			if f.Type.Kind() == reflect.Slice && f.Tag.Get("protobuf") == "" {
				t.Errorf("%s.%s has no number", kind, f.Name)
			}
		}
	}
	pod := reflect.TypeFor[corev1.Pod]()
	if got := newWeigher().fieldsOf(reflect.TypeFor[corev1.PodList]())[2]; got.message != pod || got.size != int64(pod.Size()) {
		t.Errorf("the items of a list weigh %+v", got)
	}
}

func TestElementsOfJSON(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		text string
		want apperr.Code
	}{
		"as many as allowed":  {"[" + strings.Repeat("{},", maxElements-1) + "{}]", ""},
		"one more":            {"[" + strings.Repeat("{},", maxElements) + "{}]", apperr.ClusterResponseTooLarge},
		"nulls":               {"[" + strings.Repeat("null,", maxElements) + "0]", apperr.ClusterResponseTooLarge},
		"in many lists":       {`{"a":[` + strings.Repeat("[[],{}],", maxElements/2) + `[]]}`, apperr.ClusterResponseTooLarge},
		"fields do not count": {`{"a":[{` + strings.Repeat(`"f":{},`, 2*maxElements) + `"f":{}}]}`, ""},
		"commas in text":      {`["` + strings.Repeat(",", 2*maxElements) + `"]`, ""},
		"from value to value": {strings.Repeat(`{"a":[1,2]}`, maxElements), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := io.ReadAll(&jsonShape{r: strings.NewReader(tc.text)}); apperr.CodeOf(err) != tc.want {
				t.Errorf("%v, want %q", err, tc.want)
			}
			if !json.Valid([]byte(tc.text)) && name != "from value to value" {
				t.Error("the text is no JSON")
			}
		})
	}
}
