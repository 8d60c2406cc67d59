//go:build !race

package controlplane

import (
	"flag"
	"fmt"
	"io"

	"k8s.io/client-go/rest"
	"k8s.io/klog/v2"
)

// routeLogs sends what the components and client-go say to w and nothing to
// the terminal. klog is process-wide and is set once.
func routeLogs(w io.Writer) error {
	flags := flag.NewFlagSet("klog", flag.ContinueOnError)
	klog.InitFlags(flags)
	for name, value := range map[string]string{
		"logtostderr":     "false",
		"one_output":      "true",
		"stderrthreshold": "FATAL",
	} {
		if err := flags.Set(name, value); err != nil {
			return fmt.Errorf("set klog's %s: %w", name, err)
		}
	}
	klog.SetOutput(w)
	rest.SetDefaultWarningHandler(rest.NoWarnings{})
	return nil
}
