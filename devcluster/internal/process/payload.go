package process

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// payload is the content of a volume: files by their path within it.
type payload map[string]file

type file struct {
	data  []byte
	mode  fs.FileMode
	owner int // user id, -1: whoever writes it
}

// owners says whose the files of a pod are.
type owners struct {
	// change is set if the processes are other users than devcluster.
	change bool
	group  int // that may read all of them, -1: none
}

const dataLink = "..data"

// write puts the payload into dir so that a reader sees either all of the
// previous content or all of the new one: files lie in a folder of their own,
// to which a link is switched over. This is the layout of the kubelet.
func (p payload) write(dir string, o owners) error {
	version, err := os.MkdirTemp(dir, "..version-")
	if err != nil {
		return fmt.Errorf("make a folder for the files: %w", err)
	}
	if err := os.Chmod(version, 0o755); err != nil { //nolint:gosec // the files have modes of their own
		return err
	}
	for path, f := range p {
		if err := f.write(filepath.Join(version, path), o); err != nil {
			return err
		}
	}
	old, _ := os.Readlink(filepath.Join(dir, dataLink))
	next := filepath.Join(dir, dataLink+"_next")
	if err := os.Symlink(filepath.Base(version), next); err != nil {
		return err
	}
	if err := os.Rename(next, filepath.Join(dir, dataLink)); err != nil {
		return err
	}
	if err := p.link(dir); err != nil {
		return err
	}
	if old == "" {
		return nil
	}
	return os.RemoveAll(filepath.Join(dir, old))
}

func (f file) write(path string, o owners) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // see above
		return err
	}
	if err := os.WriteFile(path, f.data, 0o600); err != nil {
		return err
	}
	mode := f.mode
	if o.group >= 0 {
		mode |= 0o440 // as the kubelet does for fsGroup
	}
	if o.change {
		if err := os.Chown(path, f.owner, o.group); err != nil {
			return err
		}
	}
	return os.Chmod(path, mode)
}

// link makes the files visible at the top of dir, through the switched link.
func (p payload) link(dir string) error {
	for path := range p {
		top, _, _ := strings.Cut(path, "/")
		err := os.Symlink(filepath.Join(dataLink, top), filepath.Join(dir, top))
		if err != nil && !os.IsExist(err) {
			return err
		}
	}
	return nil
}
