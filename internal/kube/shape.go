package kube

import (
	"encoding/binary"
	"fmt"
	"io"
	"mime"
	"net/http"

	"github.com/roadstead/roadstead/internal/apperr"
)

// guarded reads an answer by what its server calls it, and refuses what is in no form that we speak. Nothing of it
// is decoded before it has passed here.
//
// Only JSON can nest without end: every message in protobuf is of a type that does not hold itself.
func guarded(r request, resp *http.Response, body io.Reader) (io.Reader, error) {
	form, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	failed := resp.StatusCode >= 400
	switch {
	case form == jsonType && r.verb == "watch" && !failed:
		return &jsonShape{r: body, longest: maxFrame}, nil
	case form == jsonType:
		return &jsonShape{r: body}, nil
	case form == protobufType && r.verb == "watch" && !failed:
		return &frames{r: body}, nil
	case form == protobufType, r.subresource == "log", r.public():
		return body, nil
	case failed:
		resp.Header.Set("Content-Type", "text/plain") // client-go would read it as YAML if the server says that it is
		return body, nil
	}
	return nil, apperr.Of(apperr.ClusterBadResponse).With(fmt.Errorf("the answer is of the type %q", form))
}

// jsonShape passes JSON on as long as no value of it is deeper than maxDepth, has more than maxElements in its lists
// or, if longest is set, takes more bytes, with the space in front of it.
type jsonShape struct {
	r       io.Reader
	longest int

	size, depth, elements int
	lists                 uint64 // what is open, the innermost last: 1 for a list, 0 for an object
	text, escaped         bool
}

// Read implements io.Reader.
func (s *jsonShape) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	for _, b := range p[:n] {
		if s.size++; s.longest > 0 && s.size > s.longest {
			return 0, apperr.Of(apperr.ClusterResponseTooLarge)
		}
		if s.step(b); s.elements > maxElements {
			return 0, apperr.Of(apperr.ClusterResponseTooLarge).With(fmt.Errorf("JSON has more than %d elements in lists", maxElements))
		}
		if s.depth > maxDepth {
			return 0, apperr.Of(apperr.ClusterBadResponse).With(fmt.Errorf("JSON is nested deeper than %d", maxDepth))
		}
	}
	return n, err
}

// step follows one byte. What is no JSON at all is left to the decoder.
func (s *jsonShape) step(b byte) {
	switch {
	case s.escaped:
		s.escaped = false
	case s.text:
		s.escaped, s.text = b == '\\', b != '"'
	case b == '"':
		s.text = true
	case b == '{':
		s.depth, s.lists = s.depth+1, s.lists<<1
	case b == '[':
		s.depth, s.lists = s.depth+1, s.lists<<1|1
		s.elements++
	case b == ',' && s.lists&1 == 1:
		s.elements++
	case b == '}', b == ']':
		s.lists >>= 1
		if s.depth--; s.depth == 0 {
			s.size, s.elements = 0, 0
		}
	}
}

// frames passes a watch in protobuf on as long as none of its frames is larger than maxFrame. A frame is its size
// in four bytes, the highest first, then so many bytes.
type frames struct {
	r io.Reader

	prefix [4]byte
	have   int // bytes of the prefix
	left   int // bytes of the frame
}

// Read implements io.Reader.
func (f *frames) Read(p []byte) (int, error) {
	n, err := f.r.Read(p)
	for rest := p[:n]; len(rest) > 0; {
		if f.left > 0 {
			skip := min(f.left, len(rest))
			f.left, rest = f.left-skip, rest[skip:]
			continue
		}
		f.prefix[f.have], rest = rest[0], rest[1:]
		if f.have++; f.have < len(f.prefix) {
			continue
		}
		size := binary.BigEndian.Uint32(f.prefix[:])
		if size > maxFrame {
			return 0, apperr.Of(apperr.ClusterResponseTooLarge)
		}
		f.have, f.left = 0, int(size)
	}
	return n, err
}
