package main

import (
	"fmt"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// user is who the program runs as: an id that no distribution gives to anybody.
const user = 65532

// program is the executable for one architecture.
type program struct {
	arch, path string
}

// buildIndex returns the index of one image for each program.
func buildIndex(name, version string, programs []program) (v1.ImageIndex, error) {
	index := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	for _, p := range programs {
		image, err := buildImage(name, version, p)
		if err != nil {
			return nil, fmt.Errorf("building the image for %s: %w", p.arch, err)
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{
			Add:        image,
			Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: p.arch}},
		})
	}
	return index, nil
}

// buildImage returns an image of two layers, of which the one that never changes comes first.
func buildImage(name, version string, p program) (v1.Image, error) {
	base, err := baseLayer()
	if err != nil {
		return nil, err
	}
	executable, err := programLayer(name, p.path)
	if err != nil {
		return nil, err
	}
	image := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	image, err = mutate.AppendLayers(image, base, executable)
	if err != nil {
		return nil, fmt.Errorf("adding the layers: %w", err)
	}
	return configure(image, name, version, p.arch)
}

// configure says what to run, as whom, and what it is. The tool leaves the time of making at zero.
func configure(image v1.Image, name, version, arch string) (v1.Image, error) {
	file, err := image.ConfigFile()
	if err != nil {
		return nil, fmt.Errorf("reading the configuration: %w", err)
	}
	file = file.DeepCopy()
	file.OS, file.Architecture = "linux", arch
	file.Config = v1.Config{
		User:       fmt.Sprintf("%d:%d", user, user),
		Entrypoint: []string{"/" + name},
		WorkingDir: "/",
		Env:        []string{"HOME=/tmp", "SSL_CERT_FILE=/" + certificateFile},
		Labels: map[string]string{
			"org.opencontainers.image.title":    name,
			"org.opencontainers.image.version":  version,
			"org.opencontainers.image.licenses": "Apache-2.0",
			"org.opencontainers.image.source":   "https://github.com/roadstead/roadstead",
		},
	}
	image, err = mutate.ConfigFile(image, file)
	if err != nil {
		return nil, fmt.Errorf("writing the configuration: %w", err)
	}
	return image, nil
}
