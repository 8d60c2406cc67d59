package telemetry

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
)

// rotatingFile appends to a file and starts a new one before it would outgrow its limit. The older ones are numbered
// from .1, the youngest of them; there are at most files in all. Rotation happens in the writer's call, so there is no
// goroutine to stop.
type rotatingFile struct {
	path  string
	limit int64 // bytes
	files int   // at least 2

	mu   sync.Mutex
	file *os.File
	size int64
}

func openRotating(path string, limit int64, files int) (*rotatingFile, error) {
	r := &rotatingFile{path: path, limit: limit, files: files}
	if err := r.open(); err != nil {
		return nil, err
	}
	return r, nil
}

func (r *rotatingFile) open() error {
	file, err := os.OpenFile(r.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("opening the log file: %w", err)
	}
	info, err := file.Stat()
	if err != nil {
		return errors.Join(fmt.Errorf("reading the size of the log file: %w", err), file.Close())
	}
	r.file, r.size = file, info.Size()
	return nil
}

// Write appends one line whole: a line is never spread over two files. When the next file cannot be started, the line
// goes to the present one and the error tells why it has outgrown its limit.
func (r *rotatingFile) Write(line []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var rotateErr error
	if r.size > 0 && r.size+int64(len(line)) > r.limit {
		rotateErr = r.rotate()
	}
	n, err := r.file.Write(line)
	r.size += int64(n)
	if err = errors.Join(rotateErr, err); err != nil {
		return n, fmt.Errorf("writing %s: %w", r.path, err)
	}
	return n, nil
}

// rotate renames from the oldest on, so a crash between two steps loses no file but the one that was due to go.
func (r *rotatingFile) rotate() error {
	for n := r.files - 1; n > 0; n-- {
		err := os.Rename(r.name(n-1), r.name(n))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("renaming a full log file: %w", err)
		}
	}
	full := r.file
	if err := r.open(); err != nil {
		return err
	}
	if err := full.Close(); err != nil {
		return fmt.Errorf("closing a full log file: %w", err)
	}
	return nil
}

// name returns the path of the n-th youngest file.
func (r *rotatingFile) name(n int) string { return numbered(r.path, n) }

func numbered(path string, n int) string {
	if n == 0 {
		return path
	}
	return fmt.Sprintf("%s.%d", path, n)
}

// Close closes the present file.
func (r *rotatingFile) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.file.Close()
}
