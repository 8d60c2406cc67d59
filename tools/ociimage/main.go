// Command ociimage packs a static program into an OCI image for several architectures, without a container engine:
//
//	ociimage -o dist/roadstead.tar -name roadstead -version v1.2.3 amd64=PATH arm64=PATH
//
// The image holds the program, the root certificates of the web, a folder for temporary files and a user without rights.
// The same programs make the same bytes.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "ociimage:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	flags := flag.NewFlagSet("ociimage", flag.ContinueOnError)
	out := flags.String("o", "", "archive to write")
	name := flags.String("name", "", "name of the program in the image, which starts it")
	version := flags.String("version", "dev", "version label and tag of the image")
	if err := flags.Parse(args); err != nil {
		return fmt.Errorf("reading the flags: %w", err)
	}
	if *out == "" || *name == "" || flags.NArg() == 0 {
		return errors.New("usage: ociimage -o FILE -name NAME [-version VERSION] ARCH=PROGRAM [ARCH=PROGRAM]")
	}
	var programs []program
	for _, arg := range flags.Args() {
		arch, path, found := strings.Cut(arg, "=")
		if !found {
			return fmt.Errorf("%q is not of the form ARCH=PROGRAM", arg)
		}
		programs = append(programs, program{arch: arch, path: path})
	}
	index, err := buildIndex(*name, *version, programs)
	if err != nil {
		return err
	}
	return writeArchive(*out, *version, index)
}
