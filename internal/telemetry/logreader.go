package telemetry

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// LogReader reads the lines of kubernetes.log in the order in which they were written, those of its older files first,
// while the server writes and rotates it. It loses and repeats none, unless more files are written between two reads
// than are kept.
type LogReader struct {
	path    string
	current *logPart
	younger []*logPart // not begun yet, the oldest first
	// full says that current has been followed by another file, so that its next end is its last.
	full bool
	cut  []byte // the beginning of a line whose end is not written yet
}

// logPart is one of the files.
type logPart struct {
	file  *os.File
	info  fs.FileInfo
	lines *bufio.Reader
}

// OpenLogReader opens kubernetes.log in the data folder dir from its oldest line on, or from the file that holds the
// lines since a time. The error is [fs.ErrNotExist] when there is none. The caller closes the reader.
func OpenLogReader(dir string, since time.Time) (*LogReader, error) {
	r := &LogReader{path: filepath.Join(dir, logFolder, logFile)}
	parts, err := r.after(nil)
	if err != nil {
		return nil, err
	}
	if len(parts) == 0 {
		return nil, fmt.Errorf("open %s: %w", r.path, fs.ErrNotExist)
	}
	for len(parts) > 1 && parts[0].info.ModTime().Before(since) {
		_ = parts[0].file.Close() // only read
		parts = parts[1:]
	}
	r.current, r.younger, r.full = parts[0], parts[1:], len(parts) > 1
	return r, nil
}

// Next returns the next line, without its end. At the end of what is written it returns [io.EOF]; later calls go on.
// The line is valid until the next call.
func (r *LogReader) Next() ([]byte, error) {
	for {
		text, err := r.current.lines.ReadBytes('\n')
		r.cut = append(r.cut, text...)
		switch {
		case err == nil:
			return r.take(), nil
		case !errors.Is(err, io.EOF):
			return nil, fmt.Errorf("read %s: %w", r.path, err)
		case r.full:
			r.advance()
			if len(r.cut) > 0 {
				return r.take(), nil // its writer died in the middle of it
			}
			continue
		}
		if r.younger, err = r.after(r.current); err != nil {
			return nil, err
		}
		if len(r.younger) == 0 {
			return nil, io.EOF
		}
		r.full = true // and read to the end once more: lines may have come before the new file did
	}
}

func (r *LogReader) take() []byte {
	line := r.cut
	r.cut = nil
	if len(line) > 0 && line[len(line)-1] == '\n' {
		line = line[:len(line)-1]
	}
	return line
}

func (r *LogReader) advance() {
	_ = r.current.file.Close() // only read
	r.current, r.younger = r.younger[0], r.younger[1:]
	r.full = len(r.younger) > 0
}

// after opens the files that are younger than a part, the oldest first. It looks from the youngest on: a rotation
// meanwhile moves each file to where it is looked for next, so that one may be met twice but none is missed.
func (r *LogReader) after(known *logPart) ([]*logPart, error) {
	var parts []*logPart
	for n := range kubernetesLogFiles {
		part, err := openPart(numbered(r.path, n))
		if errors.Is(err, fs.ErrNotExist) {
			continue // also for a moment in the middle of a rotation
		}
		if err != nil {
			closeParts(parts)
			return nil, err
		}
		if known != nil && os.SameFile(part.info, known.info) {
			closeParts([]*logPart{part})
			break
		}
		if len(parts) > 0 && os.SameFile(part.info, parts[len(parts)-1].info) {
			closeParts([]*logPart{part})
			continue
		}
		parts = append(parts, part)
	}
	slices.Reverse(parts)
	return parts, nil
}

func openPart(path string) (*logPart, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return &logPart{file: file, info: info, lines: bufio.NewReader(file)}, nil
}

func closeParts(parts []*logPart) {
	for _, p := range parts {
		_ = p.file.Close() // only read
	}
}

// Close ends the reading.
func (r *LogReader) Close() error {
	closeParts(append(r.younger, r.current))
	return nil
}
