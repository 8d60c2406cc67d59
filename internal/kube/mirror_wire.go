package kube

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
)

// mask says what of a protobuf message is kept before it is decoded. Decoding
// is most of the cost of a list, and most of a pod is not mirrored: its
// environment, arguments, volumes and managed fields go unread.
type mask struct {
	// fields are the kept ones, by number; nil keeps them all.
	fields []*mask
	// keys, for the entries of a map, are the kept ones; nil keeps them all.
	keys []string
}

// podListMask keeps what podItem reads.
func podListMask() *mask {
	all := &mask{}
	container := &mask{fields: []*mask{1: all, 24: all}} // name, restartPolicy
	status := &mask{fields: []*mask{                     // of a container
		1: all, // name
		2: {fields: []*mask{ // state
			1: {fields: []*mask{1: all}},         // waiting: reason
			3: {fields: []*mask{1: all, 3: all}}, // terminated: exitCode, reason
		}},
		4: all, 5: all, // ready, restartCount
	}}
	return listMask(&mask{fields: []*mask{
		1: metadataMask(),
		2: {fields: []*mask{2: container, 10: all, 20: container}}, // spec: containers, nodeName, initContainers
		3: {fields: []*mask{ // status
			1: all,                                       // phase
			2: {fields: []*mask{1: all, 2: all, 5: all}}, // conditions: type, status, reason
			4: all, 6: all,                               // reason, podIP
			8: status, 10: status, // containerStatuses, initContainerStatuses
		}},
	}})
}

// deploymentListMask keeps what deploymentItem reads.
func deploymentListMask() *mask {
	all := &mask{}
	return listMask(&mask{fields: []*mask{
		1: metadataMask(),
		2: {fields: []*mask{1: all}},                         // spec: replicas
		3: {fields: []*mask{1: all, 3: all, 4: all, 7: all}}, // status: observedGeneration, updated, available, ready
	}})
}

func listMask(item *mask) *mask { return &mask{fields: []*mask{1: {}, 2: item}} }

func metadataMask() *mask {
	all := &mask{}
	return &mask{fields: []*mask{
		1: all, 3: all, 5: all, 6: all, 7: all, 8: all, 9: all, // name … deletionTimestamp
		11: {keys: []string{appLabel}}, 12: {keys: []string{appAnnotation}},
		13: {fields: []*mask{1: all, 3: all, 6: all}}, // ownerReferences: kind, name, controller
	}}
}

// protobufMessage is the pointer to a generated type.
type protobufMessage interface {
	runtime.Object
	Unmarshal(data []byte) error
}

// decodeMasked reads an answer into a typed list, as far as the mask keeps it.
// An answer in JSON is read whole.
func decodeMasked(result rest.Result, into protobufMessage, m *mask) error {
	if err := result.Error(); err != nil {
		return classify(err)
	}
	body, err := result.Raw()
	if err != nil {
		return classify(err)
	}
	kind, raw, err := unwrapped(body)
	if errors.Is(err, errNotProtobuf) {
		return badAnswer(readInto(result, into))
	}
	if err == nil {
		err = sameKind(kind, into)
	}
	if err != nil {
		return badAnswer(err)
	}
	kept, err := m.strip(nil, raw)
	if err != nil {
		return badAnswer(err)
	}
	if err := weighedAs(into, kept); err != nil {
		return err
	}
	return badAnswer(into.Unmarshal(kept))
}

// sameKind fails unless the envelope names the kind of into.
func sameKind(kind []byte, into runtime.Object) error {
	var named runtime.TypeMeta
	if err := named.Unmarshal(kind); err != nil {
		return fmt.Errorf("reading its kind: %w", err)
	}
	wanted, err := kindOf(into)
	if err == nil && named.GroupVersionKind() != wanted {
		err = fmt.Errorf("it is of another kind than a %T", into)
	}
	return err
}

var (
	errNotProtobuf = errors.New("the answer is not protobuf")
	errMalformed   = errors.New("malformed protobuf")
)

// unwrapped takes the message, and that which names its kind, out of the envelope in which Kubernetes sends it.
func unwrapped(body []byte) (kind, raw []byte, err error) {
	const magic = "k8s\x00"
	if len(body) < len(magic) || string(body[:len(magic)]) != magic {
		return nil, nil, errNotProtobuf
	}
	for rest := body[len(magic):]; len(rest) > 0; {
		var f wireField
		if f, rest, err = nextField(rest); err != nil {
			return nil, nil, err
		}
		switch {
		case f.message == nil:
		case f.number == 1:
			kind = append(kind, f.message...) // one message, however many parts it comes in
		case f.number == 2:
			raw = f.message
		}
	}
	return kind, raw, nil
}

// strip appends to kept what the mask keeps of a message.
func (m *mask) strip(kept, message []byte) ([]byte, error) {
	for len(message) > 0 {
		f, rest, err := nextField(message)
		if err != nil {
			return nil, err
		}
		whole := message[:len(message)-len(rest)]
		message = rest
		if f.number >= uint64(len(m.fields)) || m.fields[f.number] == nil {
			continue
		}
		if kept, err = m.fields[f.number].keep(kept, whole, f); err != nil {
			return nil, err
		}
	}
	return kept, nil
}

// keep appends a field, given whole as well, as far as its mask keeps it.
func (m *mask) keep(kept, whole []byte, f wireField) ([]byte, error) {
	switch {
	case f.message == nil, m.keys == nil && m.fields == nil:
		return append(kept, whole...), nil
	case m.fields != nil:
		return m.stripField(kept, f)
	}
	key, err := keyOf(f.message)
	if err != nil || !slices.Contains(m.keys, key) {
		return kept, err
	}
	return append(kept, whole...), nil
}

// stripField appends a field with what the mask keeps of its message. The
// length in front of it is known only after that.
func (m *mask) stripField(kept []byte, f wireField) ([]byte, error) {
	const longest = binary.MaxVarintLen64
	kept = binary.AppendUvarint(kept, f.number<<3|wireBytes)
	at := len(kept)
	kept = append(kept, make([]byte, longest)...)
	kept, err := m.strip(kept, f.message)
	if err != nil {
		return nil, err
	}
	size := binary.PutUvarint(kept[at:], uint64(len(kept)-at-longest))
	return append(kept[:at+size], kept[at+longest:]...), nil
}

// keyOf is the key of a map's entry: the last one, as decoders have it.
func keyOf(entry []byte) (key string, err error) {
	for len(entry) > 0 {
		var f wireField
		if f, entry, err = nextField(entry); err != nil {
			return "", err
		}
		if f.number == 1 {
			key = string(f.message)
		}
	}
	return key, nil
}

// Wire types of protobuf.
const (
	wireVarint  = 0
	wireFixed64 = 1
	wireBytes   = 2
	wireFixed32 = 5
)

// wireField is one field of a message; message is nil unless it is of the type
// that messages, texts and bytes have.
type wireField struct {
	number  uint64
	message []byte
}

// nextField reads the first field of a message that is not empty.
func nextField(message []byte) (f wireField, rest []byte, err error) {
	tag, n := binary.Uvarint(message)
	if n <= 0 {
		return f, nil, errMalformed
	}
	f.number, rest = uint64(uint32(tag>>3)), message[n:] // cut as decoders do
	var size uint64
	switch tag & 7 {
	case wireVarint:
		if _, n = binary.Uvarint(rest); n <= 0 {
			return f, nil, errMalformed
		}
		size = uint64(n)
	case wireFixed64:
		size = 8
	case wireFixed32:
		size = 4
	case wireBytes:
		if size, n = binary.Uvarint(rest); n <= 0 {
			return f, nil, errMalformed
		}
		rest = rest[n:]
	default:
		return f, nil, fmt.Errorf("%w: wire type %d", errMalformed, tag&7)
	}
	if size > uint64(len(rest)) {
		return f, nil, errMalformed
	}
	if tag&7 == wireBytes {
		f.message = rest[:size:size]
	}
	return f, rest[size:], nil
}
