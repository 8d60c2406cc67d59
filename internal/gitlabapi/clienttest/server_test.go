package clienttest

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gitlab.com/gitlab-org/api/client-go"

	"github.com/roadstead/roadstead/internal/stage"
)

const adminToken = "an administrator's token of more than 32 characters"

// address is where the server of all tests answers. Each test keeps to groups of its own.
var address string //nolint:gochecknoglobals // made once by TestMain

func TestMain(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// run starts the server of all tests.
func run(m *testing.M) (int, error) {
	dir, err := os.MkdirTemp("", "roadstead-clients-")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(dir)
	server, listen, err := start(dir)
	if err != nil {
		return 1, err
	}
	defer server.Stop()
	address = "http://" + listen
	return m.Run(), nil
}

// program is the product, as it was built.
func program() string {
	bin := os.Getenv("ROADSTEAD_TEST_BIN")
	if bin == "" {
		bin = filepath.Join("..", "..", "..", "bin")
	}
	return filepath.Join(bin, "roadstead")
}

// start starts a server from the program, as people do, with its data in a folder.
func start(dir string) (server *stage.Process, listen string, err error) {
	if listen, err = stage.FreeAddress(context.Background()); err != nil {
		return nil, "", err
	}
	server, err = stage.Start(context.Background(), stage.Command{
		Program: program(), Log: filepath.Join(dir, "server.log"), Ready: "msg=serving",
		Args: []string{"serve", "--data-dir", filepath.Join(dir, "data"), "--listen", listen},
		Env:  []string{"ROADSTEAD_ADMIN_TOKEN=" + adminToken},
	})
	return server, listen, err
}

// administrator is the official client with the token of the configuration.
func administrator(t *testing.T) *gitlab.Client {
	t.Helper()
	return clientOf(t, adminToken)
}

func clientOf(t *testing.T, token string) *gitlab.Client {
	t.Helper()
	client, err := gitlab.NewClient(token, gitlab.WithBaseURL(address), gitlab.WithoutRetries())
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// place is a nested group with a project in it, whose paths hold dots.
type place struct {
	top, group *gitlab.Group
	project    *gitlab.Project
}

func newPlace(t *testing.T, client *gitlab.Client) place {
	t.Helper()
	name := "acme." + strings.ToLower(rand.Text()[:8])
	top := must(client.Groups.CreateGroup(&gitlab.CreateGroupOptions{Name: new("Acme"), Path: &name}))(t)
	group := must(client.Groups.CreateGroup(&gitlab.CreateGroupOptions{
		Name: new("Web Team"), Path: new("web.team"), ParentID: &top.ID, Description: new("Who does the web."),
	}))(t)
	project := must(client.Projects.CreateProject(&gitlab.CreateProjectOptions{
		Name: new("Shop 2.0"), Path: new("shop.2"), NamespaceID: &group.ID, Description: new("Sells."),
	}))(t)
	return place{top, group, project}
}

// must returns a function that fails the test unless a call succeeded: the test is not known where the call is made.
func must[T any](value T, _ *gitlab.Response, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

// caller is somebody who calls, by a token of his own.
type caller struct {
	id       int64
	username string
	token    string
}

// newCaller makes a service user and a token of his, with the product's own API.
func newCaller(t *testing.T, scope string) caller {
	t.Helper()
	c := caller{username: "u" + strings.ToLower(rand.Text()[:10])}
	var user struct {
		ID int64 `json:"id"`
	}
	call(t, "/api/v1/users", map[string]any{"username": c.username, "name": "Ada", "kind": "service"}, &user)
	var token struct {
		Token string `json:"token"`
	}
	call(t, "/api/v1/tokens", map[string]any{"name": "test", "scopes": []string{scope}, "user": c.username}, &token)
	c.id, c.token = user.ID, token.Token
	return c
}

// call has an administrator make something, and reads the answer.
func call(t *testing.T, path string, body, into any) {
	t.Helper()
	callAt(t, address, path, body, into)
}

// callAt is call on a server of one's own.
func callAt(t *testing.T, address, path string, body, into any) {
	t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address+path, bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+adminToken)
	response, err := (&http.Client{}).Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusCreated {
		t.Fatalf("POST %s: %s %s %v", path, response.Status, answer, err)
	}
	if err := json.Unmarshal(answer, into); err != nil {
		t.Fatal(err)
	}
}
