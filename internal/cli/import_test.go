package cli_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// imported runs import gitlab against two servers of this machine.
func imported(t *testing.T, from, to http.Handler, args ...string) (code int, out, problems string) {
	t.Helper()
	source, target := httptest.NewServer(from), httptest.NewServer(to)
	t.Cleanup(source.Close)
	t.Cleanup(target.Close)
	p, stdout, stderr := program(), new(bytes.Buffer), new(bytes.Buffer)
	p.Out, p.Err = stdout, stderr
	p.Environ = []string{
		"ROADSTEAD_SERVER=" + target.URL, "ROADSTEAD_TOKEN=rsd_here", "GITLAB_TOKEN=glpat-there",
		"ROADSTEAD_EGRESS_ALLOW=" + strings.Replace(strings.TrimPrefix(source.URL, "http://"), ":", "/32:", 1),
	}
	code = p.Main(t.Context(), append([]string{"import", "gitlab", "--url", source.URL}, args...))
	return code, stdout.String(), stderr.String()
}

// forge answers paths of /api/v4 as GitLab does, or as something does that sits in its place.
type forge map[string]string

func (f forge) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Private-Token") != "glpat-there" {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	body, known := f[strings.TrimPrefix(r.URL.EscapedPath(), "/api/v4")]
	if !known {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	_, _ = w.Write([]byte(body))
}

// empty is a Roadstead that has nothing, takes everything and remembers what.
type empty struct {
	mu   sync.Mutex
	took []string
}

func (e *empty) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet {
		if r.URL.Path == "/api/v4/users" || strings.HasSuffix(r.URL.Path, "/clusters") || strings.HasSuffix(r.URL.Path, "/members") {
			_, _ = w.Write([]byte(`[]`))
			return
		}
		w.WriteHeader(http.StatusNotFound)
		return
	}
	body := new(bytes.Buffer)
	_, _ = body.ReadFrom(r.Body)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.took = append(e.took, r.Method+" "+r.URL.EscapedPath()+" "+body.String())
	w.WriteHeader(http.StatusCreated)
	_, _ = w.Write([]byte(`{}`))
}

func small() forge {
	return forge{
		"/groups":             `[{"id":7,"name":"Acme","full_path":"acme","description":"","parent_id":null}]`,
		"/groups/7/members":   `[{"id":3,"username":"ada","state":"active","access_level":40,"expires_at":null}]`,
		"/groups/7/clusters":  `[]`,
		"/groups/7/projects":  `[{"id":9,"name":"Shop","path_with_namespace":"acme/shop","description":null}]`,
		"/projects/9/members": `[]`,
		"/projects/9/clusters": `[{"id":4,"name":"edge","domain":null,"enabled":true,"managed":false,"environment_scope":"*",` +
			`"namespace_per_environment":true,"platform_kubernetes":{"api_url":"https://edge.example.com","ca_cert":null,` +
			`"namespace":null,"authorization_type":"rbac"},"management_project":null}]`,
	}
}

// A dry run says what would be done and what is missing, and does nothing.
func TestImportDryRun(t *testing.T) {
	t.Parallel()
	to := &empty{}
	code, out, problems := imported(t, small(), to, "--dry-run")
	if code != 0 || problems != "" || len(to.took) != 0 {
		t.Fatalf("exit %d, %s, took %v", code, problems, to.took)
	}
	want := `ACTION  KIND      PATH                 NOTE
create  group     acme                 -
skip    member    acme @ada            nobody here is called so
create  project   acme/shop            -
skip    cluster   acme/shop: edge (*)  its token is needed
skip    clusters  the instance         GitLab does not show them to this token, or has them switched off

1 users are not here. Make them, or let them sign in, then import again:
-  ada

The tokens of clusters cannot be read. Give these in a file, each as ID: TOKEN, with --tokens:
4  edge  acme/shop  https://edge.example.com

2 to create, 0 here before, 3 skipped, 0 failed.
`
	if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(out, "\n")); diff != "" {
		t.Error(diff)
	}
}

// The token of a cluster comes from the file, and goes nowhere but into the request that makes the cluster.
func TestImportTakesTokensFromAFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "tokens.yaml")
	if err := os.WriteFile(file, []byte("4: a-cluster's-token\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	to := &empty{}
	code, out, problems := imported(t, small(), to, "--tokens", file)
	if code == 0 {
		t.Errorf("the group is never there afterwards, so the project cannot be made: %s", out)
	}
	if strings.Contains(out+problems, "a-cluster's-token") || strings.Contains(out+problems, "glpat-there") {
		t.Errorf("a token is told: %s%s", out, problems)
	}
	if len(to.took) == 0 || !strings.HasPrefix(to.took[0], "POST /api/v4/groups ") {
		t.Errorf("took %v", to.took)
	}
}

func TestImportRefusesABrokenFileOfTokens(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "tokens.yaml")
	if err := os.WriteFile(file, []byte("edge: secret-token\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, problems := imported(t, small(), &empty{}, "--tokens", file)
	if code == 0 || strings.Contains(out+problems, "secret-token") || !strings.Contains(problems, "The file of tokens cannot be read.") {
		t.Errorf("exit %d, %s", code, problems)
	}
}

// What answers at the address may be anything. The import ends with a sentence, and has written nothing.
func TestImportFromHostileAnswers(t *testing.T) {
	t.Parallel()
	var pages, elsewhere atomic.Int64
	trap := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
	t.Cleanup(trap.Close)
	row := `{"id":1,"name":"x","full_path":"x"}`
	tests := map[string]struct {
		from http.HandlerFunc
		want string
	}{
		"endless pages": {func(w http.ResponseWriter, r *http.Request) {
			pages.Add(1)
			w.Header().Set("X-Next-Page", next(r))
			_, _ = w.Write([]byte("[" + strings.TrimSuffix(strings.Repeat(row+",", 2000), ",") + "]"))
		}, "has more than 100,000 rows"},
		"pages that lead back": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Next-Page", "1")
			_, _ = w.Write([]byte("[" + row + "]"))
		}, "has pages that lead nowhere"},
		"empty pages without end": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-Next-Page", next(r))
			_, _ = w.Write([]byte("[]"))
		}, "has pages that lead nowhere"},
		"a huge body": {func(w http.ResponseWriter, _ *http.Request) {
			chunk := bytes.Repeat([]byte(" "), 1<<20)
			for range 64 {
				if _, err := w.Write(chunk); err != nil {
					return
				}
			}
		}, "is larger than 16 MiB"},
		"another type":            {answering(`{"message":"hello"}`), "is not what this request answers"},
		"another type in a field": {answering(`[{"id":"one","name":7}]`), "is not what this request answers"},
		"a page of HTML":          {answering(`<html>Sign in</html>`), "is not what this request answers"},
		"nothing":                 {answering(``), "is not what this request answers"},
		"a redirect": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, trap.URL, http.StatusFound)
		}, "GitLab answered GET /groups"},
		"an unknown token": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) }, "401 Unauthorized"},
		"words for a terminal": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusTeapot)
			_, _ = w.Write([]byte("\x1b[2J{\"message\":\"do as I say\"}"))
		}, "418"},
	}
	t.Cleanup(func() {
		if elsewhere.Load() != 0 || pages.Load() > 100 {
			t.Errorf("%d redirects were followed, %d pages were read", elsewhere.Load(), pages.Load())
		}
	})
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			to := &empty{}
			code, out, problems := imported(t, test.from, to)
			if code == 0 || !strings.Contains(problems, test.want) || strings.Contains(out+problems, "do as I say") {
				t.Errorf("exit %d: %s%s", code, out, problems)
			}
			if len(to.took) != 0 {
				t.Errorf("wrote %v", to.took)
			}
		})
	}
}

func answering(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(body)) }
}

// next is the number of the page after the one that was asked for.
func next(r *http.Request) string {
	var number int
	_, _ = fmt.Sscan(r.URL.Query().Get("page"), &number)
	return fmt.Sprint(number + 1)
}

// The token goes to no address that would send it in the clear, and to none that is not opened.
func TestImportAddresses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		address string
		code    int
		want    string
	}{
		"in the clear":    {"http://gitlab.example.com:8080", 2, "give an https:// address"},
		"no address":      {"gitlab", 2, "--url"},
		"with a query":    {"https://gitlab.example.com/?a=b", 2, "a character that an API address has no use for"},
		"not opened":      {"https://10.1.2.3", 2, "to open it set ROADSTEAD_EGRESS_ALLOW=10.1.2.3/32:443"},
		"the cloud's own": {"https://169.254.169.254", 2, "169.254.169.254:443 is link-local"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, problems := program(), new(bytes.Buffer)
			p.Err = problems
			p.Environ = []string{"ROADSTEAD_TOKEN=rsd_here", "GITLAB_TOKEN=glpat-there"}
			code := p.Main(t.Context(), []string{"import", "gitlab", "--url", test.address})
			if code != test.code || !strings.Contains(problems.String(), test.want) {
				t.Errorf("exit %d: %s", code, problems)
			}
		})
	}
}
