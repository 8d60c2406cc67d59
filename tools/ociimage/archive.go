package main

import (
	"archive/tar"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
)

// writeArchive writes the index as an OCI image layout in one tar file, the form that podman, skopeo and containerd load.
func writeArchive(path, tag string, index v1.ImageIndex) error {
	dir, err := os.MkdirTemp("", "ociimage-")
	if err != nil {
		return fmt.Errorf("making a folder for the layout: %w", err)
	}
	defer os.RemoveAll(dir)

	target, err := layout.Write(dir, empty.Index)
	if err != nil {
		return fmt.Errorf("starting the layout: %w", err)
	}
	tagged := layout.WithAnnotations(map[string]string{"org.opencontainers.image.ref.name": tag})
	if err := target.AppendIndex(index, tagged); err != nil {
		return fmt.Errorf("writing the layout: %w", err)
	}
	return pack(path, dir)
}

// pack writes the files below dir, in the order of their names, to a new archive. It replaces an old one only when whole.
func pack(path, dir string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return fmt.Errorf("making the folder of the archive: %w", err)
	}
	file, err := os.Create(path + ".new")
	if err != nil {
		return fmt.Errorf("making the archive: %w", err)
	}
	defer file.Close()
	archive := tar.NewWriter(file)
	err = filepath.WalkDir(dir, func(name string, found fs.DirEntry, err error) error {
		if err != nil || found.IsDir() {
			return err
		}
		return packFile(archive, dir, name)
	})
	if err != nil {
		return fmt.Errorf("packing the archive: %w", err)
	}
	if err := archive.Close(); err != nil {
		return fmt.Errorf("ending the archive: %w", err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return fmt.Errorf("naming the archive: %w", err)
	}
	return nil
}

func packFile(archive *tar.Writer, dir, name string) error {
	content, err := os.Open(name)
	if err != nil {
		return fmt.Errorf("opening a part: %w", err)
	}
	defer content.Close()
	info, err := content.Stat()
	if err != nil {
		return fmt.Errorf("measuring a part: %w", err)
	}
	relative, err := filepath.Rel(dir, name)
	if err != nil {
		return fmt.Errorf("naming a part: %w", err)
	}
	header := &tar.Header{Name: filepath.ToSlash(relative), Mode: 0o644, Size: info.Size(), ModTime: time.Unix(0, 0)}
	if err := archive.WriteHeader(header); err != nil {
		return fmt.Errorf("writing the head of a part: %w", err)
	}
	if _, err := io.Copy(archive, content); err != nil {
		return fmt.Errorf("writing a part: %w", err)
	}
	return nil
}
