package chart

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	helmarchive "helm.sh/helm/v4/pkg/chart/loader/archive"
)

const (
	maxUnpacked = 128 << 20 // bytes of all files together, those of packed subcharts included
	maxFiles    = 10_000
	maxNesting  = 8 // packed subcharts within packed subcharts
)

// Archive is a packed chart that was read within the limits.
type Archive struct {
	Digest string // "sha256:" and the hex digits of the packed chart

	files []*helmarchive.BufferedFile
}

func digestOf(content []byte) string {
	sum := sha256.Sum256(content)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// open unpacks an archive in memory. Nothing is ever written to a disk.
func open(content []byte) (*Archive, error) {
	budget := &budget{bytes: maxUnpacked, files: maxFiles}
	files, err := budget.unpack(content, maxNesting)
	if err != nil {
		return nil, err
	}
	return &Archive{Digest: digestOf(content), files: files}, nil
}

// budget is what is left of the limits while archives are unpacked.
type budget struct {
	bytes int64
	files int
}

// unpack reads a packed chart, and the packed subcharts in it to see that they keep the limits too.
func (b *budget) unpack(content []byte, nesting int) ([]*helmarchive.BufferedFile, error) {
	if nesting == 0 {
		return nil, fmt.Errorf("packed charts are nested deeper than %d", maxNesting)
	}
	zipped, err := gzip.NewReader(bytes.NewReader(content))
	if err != nil {
		return nil, fmt.Errorf("unpacking: %w", err)
	}
	var files []*helmarchive.BufferedFile
	for tape := tar.NewReader(zipped); ; {
		header, err := tape.Next()
		if errors.Is(err, io.EOF) {
			return files, nil
		}
		if err != nil {
			return nil, fmt.Errorf("unpacking: %w", err)
		}
		if b.files--; b.files < 0 {
			return nil, fmt.Errorf("it has more than %d entries", maxFiles)
		}
		if header.Typeflag == tar.TypeDir || header.Typeflag == tar.TypeXGlobalHeader {
			continue
		}
		f, err := b.file(header, tape, nesting)
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
}

// file reads one file of an archive. Links and devices are refused.
func (b *budget) file(h *tar.Header, r io.Reader, nesting int) (*helmarchive.BufferedFile, error) {
	if h.Typeflag != tar.TypeReg {
		return nil, fmt.Errorf("it holds something that is no file (type %q)", h.Typeflag)
	}
	name, err := inChart(h.Name)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(r, b.bytes+1))
	if err != nil {
		return nil, fmt.Errorf("unpacking: %w", err)
	}
	if b.bytes -= int64(len(data)); b.bytes < 0 {
		return nil, fmt.Errorf("it unpacks to more than %d bytes", maxUnpacked)
	}
	if packedSubchart(name) {
		if _, err := b.unpack(data, nesting-1); err != nil {
			return nil, fmt.Errorf("subchart: %w", err)
		}
	}
	data = bytes.TrimPrefix(data, []byte("\xEF\xBB\xBF")) // editors on Windows begin a text with it
	return &helmarchive.BufferedFile{Name: name, ModTime: h.ModTime, Data: data}, nil
}

// inChart returns the path of an entry within the chart, whose files lie in one folder of the archive.
func inChart(name string) (string, error) {
	_, inside, found := strings.Cut(strings.TrimPrefix(name, "./"), "/")
	if strings.HasPrefix(name, "/") || !found || inside == "" || strings.ContainsAny(name, "\\\x00") || path.Clean("/"+inside) != "/"+inside {
		return "", fmt.Errorf("it holds a file with an unusual path")
	}
	return inside, nil
}

// packedSubchart reports whether Helm would unpack a file of a chart.
func packedSubchart(name string) bool {
	folder, file := path.Split(name)
	return folder == "charts/" && strings.HasSuffix(file, ".tgz") && !strings.HasPrefix(file, "_") &&
		!strings.HasPrefix(file, ".")
}
