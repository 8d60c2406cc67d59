package main

import (
	"archive/tar"
	"bytes"
	"encoding/pem"
	"fmt"
	"io"
	"os"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// certificateFile is where Go programs look first on Debian's kin.
const certificateFile = "etc/ssl/certs/ca-certificates.crt"

// entry is a file of a layer, or a folder when its name ends in a slash. It belongs to root.
type entry struct {
	name    string
	mode    int64
	content []byte
}

// baseLayer holds what every program expects of a system.
func baseLayer() (v1.Layer, error) {
	return layer(
		entry{name: "etc/", mode: 0o755},
		entry{name: "etc/group", mode: 0o644, content: fmt.Appendf(nil, "root:x:0:\nnonroot:x:%d:\n", user)},
		entry{name: "etc/passwd", mode: 0o644, content: fmt.Appendf(nil,
			"root:x:0:0:root:/:/sbin/nologin\nnonroot:x:%d:%d:nonroot:/tmp:/sbin/nologin\n", user, user)},
		entry{name: "etc/ssl/", mode: 0o755},
		entry{name: "etc/ssl/certs/", mode: 0o755},
		entry{name: certificateFile, mode: 0o644, content: rootCertificates()},
		entry{name: "tmp/", mode: 0o1777},
	)
}

// rootCertificates returns Mozilla's list as PEM, from the version in go.mod rather than from this machine. A root that
// is trusted only under conditions is left out: a PEM file cannot say them.
func rootCertificates() []byte {
	var certificates bytes.Buffer
	for root := range bundle.Roots() {
		if root.Constraint == nil {
			certificates.Write(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: root.Certificate}))
		}
	}
	return certificates.Bytes()
}

func programLayer(name, path string) (v1.Layer, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading the program: %w", err)
	}
	return layer(entry{name: name, mode: 0o755, content: content})
}

// layer packs the entries with the time 0, so that the same files make the same bytes.
func layer(entries ...entry) (v1.Layer, error) {
	var packed bytes.Buffer
	archive := tar.NewWriter(&packed)
	for _, e := range entries {
		header := &tar.Header{Name: e.name, Mode: e.mode, Size: int64(len(e.content)), ModTime: time.Unix(0, 0), Format: tar.FormatPAX}
		if err := archive.WriteHeader(header); err != nil {
			return nil, fmt.Errorf("packing %s: %w", e.name, err)
		}
		if _, err := archive.Write(e.content); err != nil {
			return nil, fmt.Errorf("packing %s: %w", e.name, err)
		}
	}
	if err := archive.Close(); err != nil {
		return nil, fmt.Errorf("packing the layer: %w", err)
	}
	packedLayer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(packed.Bytes())), nil
	}, tarball.WithMediaType(types.OCILayer))
	if err != nil {
		return nil, fmt.Errorf("compressing the layer: %w", err)
	}
	return packedLayer, nil
}
