package kube_test

import (
	"bytes"
	"flag"
	"os"
	"os/exec"
	"testing"

	"k8s.io/klog/v2"

	"github.com/roadstead/roadstead/internal/kube"
)

// loudVariable tells the test to be the process whose output is looked at: loud or quiet.
const loudVariable = "ROADSTEAD_KUBE_LOUD"

// TestKlogIsSilentAtEveryLevel runs itself with klog at its highest level, once as it comes and once made quiet.
func TestKlogIsSilentAtEveryLevel(t *testing.T) {
	if mode := os.Getenv(loudVariable); mode != "" {
		speak(t, mode == "quiet")
		return
	}
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for mode, heard := range map[string]bool{"loud": true, "quiet": false} {
		again := exec.CommandContext(t.Context(), self, "-test.run=^"+t.Name()+"$", "-test.count=1")
		again.Env = append(os.Environ(), loudVariable+"="+mode)
		out, err := again.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", mode, err, out)
		}
		if bytes.Contains(out, []byte("the-token")) != heard {
			t.Errorf("%s:\n%s", mode, out)
		}
	}
}

// speak says what client-go would.
func speak(t *testing.T, quiet bool) {
	t.Helper()
	flags := flag.NewFlagSet("klog", flag.ContinueOnError)
	klog.InitFlags(flags)
	if err := flags.Parse([]string{"-v=10", "-logtostderr=true"}); err != nil {
		t.Fatal(err)
	}
	if quiet {
		kube.Quiet()
	}
	for level := range klog.Level(11) {
		klog.V(level).InfoS("request", "header", "the-token")
		klog.V(level).Infof("Authorization: %s", "the-token")
	}
	klog.ErrorS(os.ErrClosed, "the-token")
	klog.Flush()
}
