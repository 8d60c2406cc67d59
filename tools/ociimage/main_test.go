package main

import (
	"archive/tar"
	"bytes"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/validate"
)

func TestArchiveIsALayoutOfOneIndexForBothPlatforms(t *testing.T) {
	t.Parallel()
	unpacked := unpack(t, build(t, t.TempDir()))

	root, err := layout.ImageIndexFromPath(unpacked)
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Index(root); err != nil {
		t.Fatalf("the digests of the layout: %v", err)
	}
	top := manifest(t, root)
	if len(top) != 1 || top[0].Annotations["org.opencontainers.image.ref.name"] != "v1.2.3" {
		t.Fatalf("index.json = %+v, want one entry tagged v1.2.3", top)
	}
	index, err := root.ImageIndex(top[0].Digest)
	if err != nil {
		t.Fatal(err)
	}
	var platforms []string
	for _, image := range manifest(t, index) {
		platforms = append(platforms, image.Platform.String())
	}
	if diff := cmp.Diff([]string{"linux/amd64", "linux/arm64"}, platforms); diff != "" {
		t.Errorf("platforms (-want +got):\n%s", diff)
	}
}

func TestEveryImageStartsItsOwnProgramWithoutRights(t *testing.T) {
	t.Parallel()
	unpacked := unpack(t, build(t, t.TempDir()))
	for arch, image := range images(t, unpacked) {
		config, err := image.ConfigFile()
		if err != nil {
			t.Fatal(err)
		}
		if config.Architecture != arch || config.OS != "linux" {
			t.Errorf("%s: configured for %s/%s", arch, config.OS, config.Architecture)
		}
		if config.Config.User != "65532:65532" {
			t.Errorf("%s: user = %q, want one without rights", arch, config.Config.User)
		}
		if diff := cmp.Diff([]string{"/roadstead"}, config.Config.Entrypoint); diff != "" {
			t.Errorf("%s: entrypoint (-want +got):\n%s", arch, diff)
		}
		files := contents(t, image)
		if got, want := files["roadstead"], "-rwxr-xr-x 0:0 program for "+arch; got != want {
			t.Errorf("%s: program = %q, want %q", arch, got, want)
		}
		if got := files["tmp"]; !strings.HasPrefix(got, "dtrwxrwxrwx 0:0") {
			t.Errorf("%s: /tmp = %q, want a folder that everybody may write to", arch, got)
		}
	}
}

func TestImagesTrustTheRootsOfTheWeb(t *testing.T) {
	t.Parallel()
	unpacked := unpack(t, build(t, t.TempDir()))
	for arch, image := range images(t, unpacked) {
		_, certificates, _ := strings.Cut(contents(t, image)[certificateFile], "0:0 ")
		if !x509.NewCertPool().AppendCertsFromPEM([]byte(certificates)) || strings.Count(certificates, "BEGIN") < 100 {
			t.Errorf("%s: %d root certificates, want the whole list", arch, strings.Count(certificates, "BEGIN"))
		}
	}
}

func TestSameProgramsMakeTheSameBytes(t *testing.T) {
	t.Parallel()
	first, err := os.ReadFile(build(t, t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	second, err := os.ReadFile(build(t, t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first, second) {
		t.Error("two archives of the same programs differ")
	}
}

func TestUnusableArgumentsAreRefused(t *testing.T) {
	t.Parallel()
	out := filepath.Join(t.TempDir(), "x.tar")
	tests := map[string][]string{
		"no program":      {"-o", out, "-name", "x"},
		"no architecture": {"-o", out, "-name", "x", "program"},
		"no such file":    {"-o", out, "-name", "x", "amd64=/no/such/file"},
		"no name":         {"-o", out, "amd64=/bin/sh"},
	}
	for name, args := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := run(args); err == nil {
				t.Error("no error")
			}
		})
	}
}

// build packs two programs and returns the archive.
func build(t *testing.T, dir string) string {
	t.Helper()
	archive := filepath.Join(dir, "dist", "roadstead.tar")
	args := []string{"-o", archive, "-name", "roadstead", "-version", "v1.2.3"}
	for _, arch := range []string{"amd64", "arm64"} {
		path := filepath.Join(dir, arch)
		if err := os.WriteFile(path, []byte("program for "+arch), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, arch+"="+path)
	}
	if err := run(args); err != nil {
		t.Fatal(err)
	}
	return archive
}

func unpack(t *testing.T, archive string) string {
	t.Helper()
	dir := t.TempDir()
	file, err := os.Open(archive)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	eachEntry(t, file, func(header *tar.Header, content []byte) {
		path := filepath.Join(dir, header.Name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
	})
	return dir
}

// contents lists the files that a container would see: mode, owner and content by name.
func contents(t *testing.T, image v1.Image) map[string]string {
	t.Helper()
	files := map[string]string{}
	flattened := mutate.Extract(image)
	defer flattened.Close()
	eachEntry(t, flattened, func(header *tar.Header, content []byte) {
		name := strings.TrimSuffix(header.Name, "/")
		files[name] = fmt.Sprintf("%s %d:%d %s", header.FileInfo().Mode(), header.Uid, header.Gid, content)
	})
	return files
}

func eachEntry(t *testing.T, archive io.Reader, visit func(*tar.Header, []byte)) {
	t.Helper()
	reader := tar.NewReader(archive)
	for {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(reader)
		if err != nil {
			t.Fatal(err)
		}
		visit(header, content)
	}
}

func images(t *testing.T, dir string) map[string]v1.Image {
	t.Helper()
	root, err := layout.ImageIndexFromPath(dir)
	if err != nil {
		t.Fatal(err)
	}
	index, err := root.ImageIndex(manifest(t, root)[0].Digest)
	if err != nil {
		t.Fatal(err)
	}
	byArch := map[string]v1.Image{}
	for _, descriptor := range manifest(t, index) {
		image, err := index.Image(descriptor.Digest)
		if err != nil {
			t.Fatal(err)
		}
		byArch[descriptor.Platform.Architecture] = image
	}
	if len(byArch) != 2 {
		t.Fatalf("images for %d architectures, want 2", len(byArch))
	}
	return byArch
}

func manifest(t *testing.T, index v1.ImageIndex) []v1.Descriptor {
	t.Helper()
	manifest, err := index.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	return manifest.Manifests
}
