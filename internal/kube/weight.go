package kube

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/scheme"

	"github.com/roadstead/roadstead/internal/apperr"
)

const (
	// maxElements is how many elements all the lists of a JSON value may have: an empty object in a list takes three
	// bytes, and a kilobyte once it was decoded into a pod.
	maxElements = 100_000
	// maxWeight is how many bytes a protobuf message may take once it was decoded; an empty pod takes two before.
	maxWeight = 64 << 20
	// lightMessage is the size of a message in bytes up to which it is not weighed, since it cannot weigh much.
	lightMessage = 64 << 10
	// entryWeight is about what an entry of a map takes, in bytes.
	entryWeight = 64
)

// weighed refuses an answer in protobuf that would take too much memory, by the kind that it says it holds. What is
// in another form is left alone.
func weighed(body []byte) error {
	if len(body) <= lightMessage {
		return nil
	}
	kind, raw, err := unwrapped(body)
	if errors.Is(err, errNotProtobuf) {
		return nil
	}
	if err != nil {
		return badAnswer(err)
	}
	var named runtime.TypeMeta
	if err := named.Unmarshal(kind); err != nil {
		return badAnswer(err)
	}
	object, err := scheme.Scheme.New(named.GroupVersionKind())
	if err != nil {
		return badAnswer(err)
	}
	return weighedAs(object, raw)
}

// weighedAs is weighed for the message of a known object.
func weighedAs(object runtime.Object, message []byte) error {
	if len(message) <= lightMessage {
		return nil
	}
	return newWeigher().weigh(reflect.TypeOf(object).Elem(), message)
}

// weigher adds up what a message will take once it is decoded, by the generated types' own description of it.
type weigher struct {
	left   int64
	fields map[reflect.Type][]weightField
}

func newWeigher() *weigher {
	return &weigher{left: maxWeight, fields: map[reflect.Type][]weightField{}}
}

// weightField is a field of a message, found by its number.
type weightField struct {
	size    int64        // of what is allocated for each occurrence, in bytes
	message reflect.Type // of the message in it; nil if there is none
}

func (w *weigher) weigh(of reflect.Type, message []byte) error {
	fields := w.fieldsOf(of)
	for len(message) > 0 {
		f, rest, err := nextField(message)
		if err != nil {
			return badAnswer(err)
		}
		message = rest
		if f.number >= uint64(len(fields)) {
			continue
		}
		field := fields[f.number]
		if w.left -= field.size; w.left < 0 {
			return apperr.Of(apperr.ClusterResponseTooLarge).With(fmt.Errorf("the answer would take more than %d bytes", maxWeight))
		}
		if field.message != nil {
			if err := w.weigh(field.message, f.message); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *weigher) fieldsOf(of reflect.Type) []weightField {
	fields, known := w.fields[of]
	if known {
		return fields
	}
	for f := range of.Fields() {
		parts := strings.Split(f.Tag.Get("protobuf"), ",") // such as "bytes,2,rep,name=items"
		if len(parts) < 2 {
			continue
		}
		number, err := strconv.Atoi(parts[1])
		if err != nil {
			continue
		}
		for len(fields) <= number {
			fields = append(fields, weightField{})
		}
		fields[number] = weightFieldOf(f.Type)
	}
	w.fields[of] = fields
	return fields
}

func weightFieldOf(t reflect.Type) weightField {
	kind := t.Kind()
	switch {
	case kind == reflect.Map:
		return weightField{size: entryWeight}
	case kind == reflect.Slice, kind == reflect.Pointer:
		inner := weightFieldOf(t.Elem())
		inner.size += int64(t.Elem().Size())
		return inner
	case t == reflect.TypeFor[metav1.Time](), t == reflect.TypeFor[metav1.MicroTime]():
		return weightField{} // written as another message than its fields say
	case kind == reflect.Struct:
		return weightField{message: t}
	}
	return weightField{}
}
