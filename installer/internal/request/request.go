package request

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"time"
)

// maxBytes is the largest request that is read.
const maxBytes = 64 << 10

// Action is what to do with the release.
type Action string

// The actions. Install means install or upgrade, whichever the release's history calls for.
const (
	Install   Action = "install"
	Uninstall Action = "uninstall"
)

// Request is one operation on one release.
type Request struct {
	Operation      string `json:"operation"`
	Action         Action `json:"action"`
	Application    string `json:"application"`
	Release        string `json:"release"`
	Namespace      string `json:"namespace"`
	Chart          Chart  `json:"chart"`
	TimeoutSeconds int    `json:"timeout_seconds"`
	Wait           string `json:"wait"`
	EgressAllow    string `json:"egress_allow"`
	// EgressRefuse are public networks that must not be called.
	EgressRefuse []netip.Prefix `json:"egress_refuse"`
}

// Chart says which chart, exactly.
type Chart struct {
	Repository string `json:"repository"` // https://, http:// or oci://
	Name       string `json:"name"`
	Version    string `json:"version"`
	Digest     string `json:"digest"` // "sha256:" and 64 hex digits; empty on the first resolve
}

// Timeout is how long the operation may take.
func (q Request) Timeout() time.Duration { return time.Duration(q.TimeoutSeconds) * time.Second }

// Read reads and checks the request in the file.
func Read(path string) (Request, error) {
	f, err := os.Open(path)
	if err != nil {
		return Request{}, fmt.Errorf("opening the request: %w", err)
	}
	defer f.Close()
	return Decode(f)
}

// Decode reads exactly one request; unknown fields and anything after it are errors.
func Decode(r io.Reader) (Request, error) {
	d := json.NewDecoder(io.LimitReader(r, maxBytes))
	d.DisallowUnknownFields()
	var q Request
	if err := d.Decode(&q); err != nil {
		return Request{}, fmt.Errorf("decoding the request: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return Request{}, errors.New("decoding the request: something follows it")
	}
	if err := q.check(); err != nil {
		return Request{}, fmt.Errorf("checking the request: %w", err)
	}
	return q, nil
}
