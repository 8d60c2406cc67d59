package e2e_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/base64"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func (e *estate) openDB(t *testing.T) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(e.dir, "data", "roadstead.db")+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// TestCredentialsOfAWSTurnUpNowhere makes a cluster, looks into it and takes it down. It searches all that was stored, logged,
// answered and streamed by then for every credential of AWS that there was.
func TestCredentialsOfAWSTurnUpNowhere(t *testing.T) {
	t.Parallel()
	e := newEstate(t, filepath.Join(shared.bin, "roadstead"), "ROADSTEAD_LOG_LEVEL=debug")
	lists := e.follow(t, "provisions", "provision-roles")
	e.begin(t)
	stream := e.follow(t, "provision/1")
	e.reaches(t, "ready")
	e.must(t, "eks", "inventory", e.name)
	all := e.all(t)
	e.must(t, "eks", "delete", e.name, "--confirm", e.name)
	for where, content := range e.all(t) {
		all[where+", at the end"] = content
	}
	all["the stream"], all["the stream of the lists"] = stream.bytes(), lists.bytes()
	if !bytes.Contains(all["the stream"], []byte("event: change")) {
		t.Errorf("the stream told nothing: %q", all["the stream"])
	}
	if err := e.keepsNoSession(t); err != nil {
		t.Error(err)
	}
	needles := needlesOf(append(e.aws.Secrets(), "k8s-aws-v1.", "X-Amz-Security-Token=", "X-Amz-Signature="))
	t.Logf("%d needles in %d places", len(needles), len(all))
	for where, content := range all {
		for _, n := range needles {
			if bytes.Contains(content, n) {
				t.Errorf("%q is in %s", n, where)
			}
		}
	}
}

// needlesOf are the texts, and their base64 at each offset.
func needlesOf(texts []string) (needles [][]byte) {
	for _, text := range texts {
		needles = append(needles, []byte(text))
		for shift := range 3 {
			encoded := base64.StdEncoding.EncodeToString(append(make([]byte, shift), text...))
			needles = append(needles, []byte(encoded[4:len(encoded)-4]))
		}
	}
	return needles
}

// all is everything that the server wrote, and what it says about AWS.
func (e *estate) all(t *testing.T) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	err := filepath.WalkDir(e.dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		all[path], err = os.ReadFile(path)
		return err
	})
	if err != nil || len(all) < 5 {
		t.Fatalf("the folder holds %d files: %v", len(all), err)
	}
	db := e.openDB(t)
	defer db.Close()
	for _, table := range column(t, db, "SELECT name FROM sqlite_master WHERE type = 'table'") {
		all["table "+table] = []byte(strings.Join(column(t, db, `SELECT * FROM "`+table+`"`), "\n")) //nolint:unqueryvet // every column is searched
	}
	for _, path := range []string{
		"/metrics", "/api/v1/aws/roles", "/api/v1/aws/roles/1", "/api/v1/aws/clusters", "/api/v1/aws/clusters/1",
		"/api/v1/aws/clusters/1/events?limit=500", "/api/v1/aws/clusters/1/inventory", "/api/v1/clusters",
	} {
		all[path] = e.read(t, path)
	}
	return all
}

// follow records a stream of events until the test ends.
func (e *estate) follow(t *testing.T, topics ...string) *recorded {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	url := "http://" + e.address + "/api/v1/events?topics=" + strings.Join(topics, ",")
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+e.token)
	answer, err := (&http.Client{}).Do(request)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("the stream answers %v, %v", answer, err)
	}
	r := &recorded{}
	done := make(chan struct{})
	go func() {
		defer close(done)
		buffer := make([]byte, 4096)
		for {
			n, err := answer.Body.Read(buffer)
			_, _ = r.Write(buffer[:n])
			if err != nil {
				return
			}
		}
	}()
	t.Cleanup(func() {
		cancel()
		_ = answer.Body.Close()
		select {
		case <-done:
		case <-time.After(5 * time.Second):
			t.Error("the stream did not end")
		}
	})
	return r
}
