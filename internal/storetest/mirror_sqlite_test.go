package storetest_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/roadstead/roadstead/internal/store"
	"github.com/roadstead/roadstead/internal/workload"
)

func TestMirrorFileIsKeptOnlyWhenItCanBeTrusted(t *testing.T) {
	t.Parallel()
	otherBoot := []byte("d1e0b0c2-0000-4000-8000-000000000000\n")
	for name, test := range map[string]struct {
		// dies takes the files as they are while they are in use.
		dies   bool
		damage func(t *testing.T, path string)
		want   workload.State // empty: discarded
	}{
		"clean stop":       {want: workload.Stale},
		"the process died": {dies: true, want: workload.Stale},
		"the machine died": {dies: true, damage: func(t *testing.T, path string) {
			t.Helper()
			overwrite(t, path+".boot", otherBoot, 0)
		}},
		"the mark is lost": {damage: func(t *testing.T, path string) {
			t.Helper()
			if err := os.Remove(path + ".boot"); err != nil {
				t.Fatal(err)
			}
		}},
		"a page is broken": {damage: func(t *testing.T, path string) {
			t.Helper()
			overwrite(t, path, make([]byte, 4096), 2*4096)
		}},
		"the head is broken": {damage: func(t *testing.T, path string) {
			t.Helper()
			overwrite(t, path, make([]byte, 100), 0)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "mirror.db")
			m, err := store.OpenMirror(t.Context(), path, "")
			if err != nil {
				t.Fatal(err)
			}
			status := followed(t, m, shopPods())
			write(t, m, status, workload.Batch[workload.Pod]{Items: []workload.Item[workload.Pod]{pod("shop", "a", 1, 1)}})
			if test.dies {
				path = copied(t, path)
			}
			if err := m.Close(); err != nil {
				t.Fatal(err)
			}
			if test.damage != nil {
				test.damage(t, path)
			}
			m = openMirror(t, path, "")
			got, err := m.Status(t.Context(), shopPods())
			if (err == nil) != (test.want != "") || got.State != test.want {
				t.Fatalf("status = %+v, %v; want state %q", got, err, test.want)
			}
			if rows := page(t, m, status, workload.Page{}); (len(rows) == 1) != (test.want != "") {
				t.Errorf("%d rows, want them with the status", len(rows))
			}
			followed(t, m, workload.Key{Cluster: 9, Kind: workload.Pods}) // it can be used
		})
	}
}

// copied returns a copy of the files as they are while they are in use.
func copied(t *testing.T, path string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "mirror.db")
	for _, suffix := range []string{"", "-wal", ".boot"} {
		data, err := os.ReadFile(path + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to+suffix, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return to
}

func overwrite(t *testing.T, path string, data []byte, at int64) {
	t.Helper()
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.WriteAt(data, at); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
}
