package e2e_test

import (
	"bytes"
	"encoding/base64"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestSecretsTurnUpNowhere does the main job and then searches everything that
// the server wrote or says for the cluster's token and for a user's value, as
// they are and in base64.
func TestSecretsTurnUpNowhere(t *testing.T) {
	t.Parallel()
	n := newNames()
	s := newServerWith(t, n.app)
	s.mainJob(t, n)
	marker := unique("marker-that-only-the-user-knows")
	values := filepath.Join(t.TempDir(), "values.yaml")
	if err := os.WriteFile(values, []byte("message: "+marker+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.must(t, "app", "install", n.app, "--cluster", n.cluster, "--values", values)

	wanted := map[string][]byte{}
	for name, secret := range map[string]string{"the cluster's token": shared.token, "the user's value": marker} {
		wanted[name] = []byte(secret)
		for shift := range 3 {
			// Base64 of the same bytes looks different at each offset; the ends
			// depend on what stands beside them.
			encoded := base64.StdEncoding.EncodeToString(append(make([]byte, shift), secret...))
			wanted[name+" in base64, shifted by "+strconv.Itoa(shift)] = []byte(encoded[4 : len(encoded)-4])
		}
	}
	for where, content := range s.everything(t, n) {
		for what, secret := range wanted {
			if bytes.Contains(content, secret) {
				t.Errorf("%s is in %s", what, where)
			}
		}
	}
}

// everything returns what the server wrote into its folder and what its API and
// pages say.
func (s *server) everything(t *testing.T, n names) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	err := filepath.WalkDir(s.dir, func(path string, entry fs.DirEntry, err error) error {
		// The folder also holds the token that the test gives to the command line.
		if err != nil || entry.IsDir() || path == filepath.Join(s.dir, "token") {
			return err
		}
		all[path], err = os.ReadFile(path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all["server.log"])+len(all) < 5 {
		t.Fatalf("the folder holds only %d files", len(all))
	}
	project := "/api/v1/projects/" + strings.ReplaceAll(n.project, "/", "%2F")
	cluster := "/api/v1/clusters/" + n.cluster
	for _, path := range []string{
		"/metrics", "/api/v1/openapi.json", "/api/v1/groups", "/api/v1/projects", project, project + "/environments", project + "/namespaces",
		"/api/v1/clusters", cluster, cluster + "/applications", cluster + "/applications/" + n.app, "/api/v1/catalog",
		"/api/v1/operations/1", "/api/v1/operations/1/log", "/api/v1/operations/2", "/api/v1/operations/2/log",
		project + "/environments/production/pods", project + "/environments/production/deployments", n.namespacePath(),
	} {
		all[path] = s.read(t, path)
	}
	return all
}

func (s *server) read(t testing.TB, path string) []byte {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+s.address+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+s.token)
	answer, err := (&http.Client{}).Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s answers %s: %v %s", path, answer.Status, err, body)
	}
	return body
}
