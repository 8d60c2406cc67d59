package kubetest

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Answer writes one answer of the stub.
type Answer func(w http.ResponseWriter, r *http.Request)

// JSON answers with a value.
func JSON(status int, value any) Answer {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(value)
	}
}

// Status answers with a failure in the form of Kubernetes.
func Status(code int, reason, message string) Answer {
	return JSON(code, metav1.Status{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Status"},
		Status:   metav1.StatusFailure, Code: int32(code), Reason: metav1.StatusReason(reason), Message: message,
	})
}

// Text answers with any text, as a server would that is no API server.
func Text(status int, contentType, body string) Answer {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// Redirect answers with a redirect to a URL.
func Redirect(status int, location string) Answer {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", location)
		w.WriteHeader(status)
	}
}

// Hang answers nothing until the caller gives up.
func Hang() Answer { return func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() } }

// Drip sends a header, then one byte per interval, without end.
func Drip(interval time.Duration) Answer {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		tick := time.NewTicker(interval)
		defer tick.Stop()
		for {
			_, _ = io.WriteString(w, " ")
			_ = http.NewResponseController(w).Flush()
			select {
			case <-r.Context().Done():
				return
			case <-tick.C:
			}
		}
	}
}

// Flood sends size bytes of one JSON string, packed when packed is set: a thousand times fewer on the wire. A packed
// piece is made once and repeated, so that only who unpacks it pays.
func Flood(size int64, packed bool) Answer {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		form := func(text string) []byte { return []byte(text) }
		if packed {
			w.Header().Set("Content-Encoding", "gzip")
			form = member
		}
		const length = 1 << 20
		chunk := form(strings.Repeat("a", length))
		_, _ = w.Write(form(`{"kind":"`))
		for sent := int64(0); sent < size; sent += length {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
		_, _ = w.Write(form(`"}`))
	}
}

// member is one part of a gzip archive of many.
func member(text string) []byte {
	var packed bytes.Buffer
	zw := gzip.NewWriter(&packed)
	_, _ = io.WriteString(zw, text)
	_ = zw.Close()
	return packed.Bytes()
}

// Headers answers with a header of about size bytes.
func Headers(size int) Answer {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Large", strings.Repeat("h", size))
		ready(w, r)
	}
}

// Cut closes the connection after the header and some bytes.
func Cut(body string) Answer {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", "100000")
		_, _ = io.WriteString(w, body)
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
}

// Then answers the first requests with the given answers, one each, and all later ones with the last.
func Then(answers ...Answer) Answer {
	turn := make(chan int, 1)
	turn <- 0
	return func(w http.ResponseWriter, r *http.Request) {
		n := <-turn
		turn <- min(n+1, len(answers)-1)
		answers[n](w, r)
	}
}
