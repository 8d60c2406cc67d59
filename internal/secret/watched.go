package secret

import (
	"io/fs"
	"os"
	"sync"
)

// watched is a keyset file made ready, read again after the file was replaced.
type watched[T any] struct {
	path string
	load func(path string) (T, error)

	mu    sync.Mutex
	value T
	seen  fs.FileInfo
}

// open reads the file for the first time.
func (w *watched[T]) open(path string, load func(path string) (T, error)) (err error) {
	w.path, w.load = path, load
	// Looked at before it is read: a file that is replaced in between is then read once more than needed.
	w.seen, _ = os.Stat(path)
	w.value, err = load(path)
	return err
}

// current returns what was read last.
func (w *watched[T]) current() T {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.value
}

// latest looks at the file first. A file that is away or cannot be used leaves what was read last: a process that runs
// goes on, and one that starts tells what is wrong.
func (w *watched[T]) latest() T {
	w.mu.Lock()
	defer w.mu.Unlock()
	now, err := os.Stat(w.path)
	if err != nil || unchanged(w.seen, now) {
		return w.value
	}
	if value, err := w.load(w.path); err == nil {
		w.value, w.seen = value, now
	}
	return w.value
}

func unchanged(before, now fs.FileInfo) bool {
	return before != nil && os.SameFile(before, now) && before.ModTime().Equal(now.ModTime()) && before.Size() == now.Size()
}
