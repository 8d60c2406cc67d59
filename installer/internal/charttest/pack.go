package charttest

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"testing"
)

// Files are the files of a chart by their paths within it.
type Files map[string]string

// Chart returns the files of a chart, with its Chart.yaml made of name and version unless they hold one.
func Chart(name, version string, files Files) Files {
	all := Files{"Chart.yaml": "apiVersion: v2\nname: " + name + "\nversion: " + version + "\nappVersion: \"1\"\n"}
	maps.Copy(all, files)
	return all
}

// Pack packs a chart in the folder of the given name.
func Pack(t testing.TB, folder string, files Files) []byte {
	t.Helper()
	var headers []tar.Header
	for _, name := range slices.Sorted(maps.Keys(files)) {
		headers = append(headers, tar.Header{Name: folder + "/" + name, Typeflag: tar.TypeReg, Mode: 0o644})
	}
	return Tape(t, headers, func(h tar.Header) string { return files[h.Name[len(folder)+1:]] })
}

// Tape packs any entries, those that no packer would make too.
func Tape(t testing.TB, headers []tar.Header, content func(tar.Header) string) []byte {
	t.Helper()
	var out bytes.Buffer
	zipped := gzip.NewWriter(&out)
	tape := tar.NewWriter(zipped)
	for _, h := range headers {
		text := content(h)
		if h.Typeflag == tar.TypeReg {
			h.Size = int64(len(text))
		}
		if err := tape.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if h.Typeflag == tar.TypeReg {
			if _, err := tape.Write([]byte(text)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := tape.Close(); err != nil {
		t.Fatal(err)
	}
	if err := zipped.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// Digest is the digest of a packed chart.
func Digest(packed []byte) string {
	sum := sha256.Sum256(packed)
	return "sha256:" + hex.EncodeToString(sum[:])
}
