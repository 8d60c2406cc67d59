package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// TestNothingIsLeft stops clusters in which an installer runs that will not
// listen, in the kind way and in the hard way.
func TestNothingIsLeft(t *testing.T) {
	t.Parallel()
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGKILL} {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			i, err := startInstance(filepath.Join(t.TempDir(), "cluster"), "--installer-bin", built.installer)
			if err != nil {
				t.Fatal(err)
			}
			runDeaf(t, i)
			children := descendants(t, i.cmd.Process.Pid)
			if len(children) == 0 {
				t.Error("no installer runs")
			}
			if err := i.stop(signal); err != nil && signal != syscall.SIGKILL {
				t.Error(err)
			}
			eventually(t, func(context.Context) error {
				for _, pid := range children {
					if alive(pid) {
						return fmt.Errorf("process %d is left", pid)
					}
				}
				return nil
			})
		})
	}
}

// runDeaf runs an installer that ignores SIGTERM.
func runDeaf(t *testing.T, i *instance) {
	t.Helper()
	pods := i.client.CoreV1().Pods("default")
	p := newPod("install-deaf", func(p *corev1.Pod) {
		p.Spec.Containers[0].Image = "ghcr.io/roadstead/installer:1"
		p.Spec.Containers[0].Args = []string{"deaf"}
	})
	if _, err := pods.Create(t.Context(), p, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, func(ctx context.Context) error {
		p, err := pods.Get(ctx, "install-deaf", metav1.GetOptions{})
		if err == nil && p.Status.Phase != corev1.PodRunning {
			err = fmt.Errorf("the pod is %s", describe(p))
		}
		return err
	})
}

// descendants are the processes that a process started, and theirs.
func descendants(t *testing.T, pid int) []int {
	t.Helper()
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil {
		t.Fatal(err)
	}
	var all []int
	for _, file := range threads {
		data, _ := os.ReadFile(file)
		for field := range strings.FieldsSeq(string(data)) {
			child, err := strconv.Atoi(field)
			if err != nil {
				t.Fatal(err)
			}
			all = append(append(all, child), descendants(t, child)...)
		}
	}
	return all
}

// alive reports whether a process runs. One that has ended and waits to be
// collected does not.
func alive(pid int) bool {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, rest, _ := strings.Cut(string(data), ") ")
	return !strings.HasPrefix(rest, "Z")
}

// TestFreshStart pins that a second start in the same folder is a new cluster,
// that two at a time are refused, and what happens without an installer.
func TestFreshStart(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "cluster")
	var uids []string
	for range 2 {
		i, err := startInstance(dir)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := startInstance(dir); err == nil || !strings.Contains(err.Error(), "another devcluster runs in") {
			t.Errorf("a second cluster in the same folder: %v", err)
		}
		ns, err := i.client.CoreV1().Namespaces().Get(t.Context(), "kube-system", metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		uids = append(uids, string(ns.UID))
		expectNoInstaller(t, i)
		if err := i.stop(syscall.SIGTERM); err != nil {
			t.Error(err)
		}
	}
	if uids[0] == uids[1] {
		t.Error("the second start found the first one's data")
	}
}

func expectNoInstaller(t *testing.T, i *instance) {
	t.Helper()
	pods := i.client.CoreV1().Pods("default")
	p := newPod("install", func(p *corev1.Pod) { p.Spec.Containers[0].Image = "ghcr.io/roadstead/installer:1" })
	if _, err := pods.Create(t.Context(), p, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, func(ctx context.Context) error {
		p, err := pods.Get(ctx, "install", metav1.GetOptions{})
		if err != nil {
			return err
		}
		if describe(p) != "Pending ImagePullBackOff" ||
			!strings.Contains(p.Status.ContainerStatuses[0].State.Waiting.Message, "without --installer-bin") {
			return fmt.Errorf("the pod is %s: %+v", describe(p), p.Status.ContainerStatuses)
		}
		return nil
	})
}

// TestCharts pins that what `devcluster charts` prints is where charts are.
func TestCharts(t *testing.T) {
	t.Parallel()
	output, err := exec.Command(built.devcluster, "charts", "--dir", shared.dir, "-o", "json").Output()
	if err != nil {
		t.Fatal(err)
	}
	var charts []struct{ Name, Version, Repository, OCI string }
	if err := json.Unmarshal(output, &charts); err != nil {
		t.Fatal(err)
	}
	if len(charts) < 7 || charts[0].Repository != shared.charts {
		t.Fatalf("charts: %s", output)
	}
	for _, c := range charts {
		tags := strings.Replace(strings.Replace(c.OCI, "oci://", "http://", 1), "/charts/", "/v2/charts/", 1) + "/manifests/" + c.Version
		for _, url := range []string{c.Repository + "/" + c.Name + "-" + c.Version + ".tgz", tags} {
			response, err := http.Get(url)
			if err != nil {
				t.Fatal(err)
			}
			_ = response.Body.Close()
			if response.StatusCode != http.StatusOK {
				t.Errorf("%s: %s", url, response.Status)
			}
		}
	}
}
