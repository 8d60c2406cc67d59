package e2e_test

import (
	"bytes"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"unicode"

	_ "modernc.org/sqlite" // reads the server's databases beside it
)

// haystack is everything in which something may turn up: answers, pages, events, outputs and stored rows of a server
// that has so many clusters, one for each environment of one project.
type haystack struct {
	t        *testing.T
	server   *server
	project  string // its path in the API
	path     string // its full path
	app      string
	clusters int
	// namespaces are those of the environments, in the order of the clusters.
	namespaces []string
	names      []string
	streams    map[string]*recorded
	places     int // of the last search
}

// recorded keeps what a stream said.
type recorded struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (r *recorded) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.Write(p)
}

func (r *recorded) bytes() []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	return bytes.Clone(r.text.Bytes())
}

func newHaystack(t *testing.T, s *server, n names, clusters int) *haystack {
	t.Helper()
	return &haystack{
		t: t, server: s, project: "/api/v1/projects/" + url.PathEscape(n.project), path: n.project, app: n.app, clusters: clusters,
		streams: map[string]*recorded{},
	}
}

// where is a command about an environment.
func (h *haystack) where(command, environment string) []string {
	return append(strings.Fields(command), "--project", h.path, "--environment", environment)
}

// search returns the places that hold one of the texts, as it is or in base64.
func (h *haystack) search(t *testing.T, texts ...string) (found []string) {
	t.Helper()
	var needles [][]byte
	for _, text := range texts {
		needles = append(needles, []byte(text))
		for shift := range 3 {
			encoded := base64.StdEncoding.EncodeToString(append(make([]byte, shift), text...))
			needles = append(needles, []byte(encoded[4:len(encoded)-4]))
		}
	}
	h.places = 0
	for where, content := range h.everything(t) {
		h.places++
		if slices.ContainsFunc(needles, func(n []byte) bool { return bytes.Contains(content, n) }) {
			found = append(found, where)
		}
	}
	slices.Sort(found)
	return found
}

func (h *haystack) everything(t *testing.T) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	for _, path := range h.paths(t) {
		all[path] = h.server.body(t, path)
	}
	maps.Copy(all, h.pages(t))
	maps.Copy(all, h.outputs(t))
	maps.Copy(all, h.rows(t))
	for name, stream := range h.streams {
		all[name] = stream.bytes()
		if !bytes.Contains(all[name], []byte("event: change")) {
			t.Errorf("%s told nothing", name)
		}
	}
	return all
}

// paths are those of the document, with every value for each of their parts.
func (h *haystack) paths(t *testing.T) (paths []string) {
	t.Helper()
	paths = append(paths, "/metrics")
	for _, pattern := range h.server.openapi(t) {
		for id := 1; id <= h.clusters; id++ {
			at := strconv.Itoa(id)
			environment := h.environment(id)
			paths = append(paths, strings.NewReplacer("{cluster}", at, "{operation}", at, "{project}", "1", "{group}", "1",
				"{environment}", environment, "{name}", h.app, "{run}", "1", "{role}", "1", "{token}", "1", "{user}", "1").Replace(pattern))
		}
	}
	slices.Sort(paths)
	paths = slices.Compact(paths)
	if i := slices.IndexFunc(paths, func(p string) bool { return strings.Contains(p, "{") }); i >= 0 {
		t.Fatalf("a path has a part that this test does not know: %s", paths[i])
	}
	return paths
}

// environment is that of a cluster: they have one name.
func (h *haystack) environment(id int) string {
	if len(h.names) == 0 {
		var list struct{ Items []struct{ Name string } }
		if _, err := h.server.get(h.t.Context(), "/api/v1/clusters", &list); err != nil {
			h.t.Fatal(err)
		}
		for _, c := range list.Items {
			h.names = append(h.names, c.Name)
		}
	}
	return h.names[id-1]
}

// pages reads what a person sees who signed in.
func (h *haystack) pages(t *testing.T) map[string][]byte {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar}
	answer, err := client.PostForm(h.server.page("/sign-in"), url.Values{"token": {h.server.token}})
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	paths := []string{"/clusters", "/projects", "/projects/1"}
	for id := 1; id <= h.clusters; id++ {
		at := strconv.Itoa(id)
		paths = append(paths, "/clusters/"+at, "/operations/"+at, "/operations/"+at+"/log?after=0")
	}
	all := map[string][]byte{}
	for _, path := range paths {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.server.page(path), nil)
		if err != nil {
			t.Fatal(err)
		}
		all["page "+path] = exchange(t, client, request)
		if !bytes.HasPrefix(all["page "+path], []byte("200")) {
			t.Errorf("page %s answers %.100s", path, all["page "+path])
		}
	}
	return all
}

// outputs are those of the commands that show something.
func (h *haystack) outputs(t *testing.T) map[string][]byte {
	t.Helper()
	commands := [][]string{{"cluster", "list"}, {"project", "list"}, {"namespace", "list", "--project", h.path}}
	for id := 1; id <= h.clusters; id++ {
		name := h.environment(id)
		commands = append(commands, []string{"cluster", "show", name}, []string{"app", "list", "--cluster", name},
			[]string{"app", "status", h.app, "--cluster", name}, h.where("namespace show", name), h.where("pods", name))
	}
	all := map[string][]byte{}
	for _, args := range commands {
		for _, format := range []string{"table", "json"} {
			args := append(slices.Clone(args), "-o", format)
			out, err := h.server.cli(t.Context(), args...)
			all["roadstead "+strings.Join(args, " ")] = fmt.Appendln([]byte(out), err)
		}
	}
	return all
}

// rows reads every row of both databases, and the files themselves.
func (h *haystack) rows(t *testing.T) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	data := filepath.Join(h.server.dir, "data")
	err := filepath.WalkDir(data, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Base(filepath.Dir(path)) == "log" {
			return err
		}
		all["file "+entry.Name()], err = os.ReadFile(path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	tables := 0
	for _, file := range []string{"roadstead.db", "mirror.db"} {
		db, err := sql.Open("sqlite", "file:"+filepath.Join(data, file)+"?mode=ro")
		if err != nil {
			t.Fatal(err)
		}
		for _, table := range column(t, db, "SELECT name FROM sqlite_master WHERE type = 'table'") {
			tables++
			for i, row := range column(t, db, `SELECT * FROM "`+table+`"`) { //nolint:unqueryvet // every column is searched
				all[fmt.Sprintf("%s, row %d of %s", file, i, table)] = []byte(row)
			}
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if tables < 20 {
		t.Errorf("only %d tables were read", tables)
	}
	return all
}

// column returns the rows of a query, the columns of each in one text.
func column(t *testing.T, db *sql.DB, query string) (rows []string) {
	t.Helper()
	found, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer found.Close()
	columns, err := found.Columns()
	if err != nil {
		t.Fatal(err)
	}
	for found.Next() {
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := found.Scan(into...); err != nil {
			t.Fatal(err)
		}
		texts := make([]string, len(values))
		for i, value := range values {
			texts[i] = fmt.Sprintf("%v", value)
			if raw, ok := value.([]byte); ok {
				texts[i] = string(raw)
			}
		}
		rows = append(rows, strings.Join(texts, "\t"))
	}
	if err := found.Err(); err != nil {
		t.Fatal(err)
	}
	return rows
}

// obeyed shows the first character of a text that a terminal may obey instead of showing it; "" if there is none.
func obeyed(text string) string {
	i := strings.IndexFunc(text, func(r rune) bool {
		return r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029')
	})
	if i < 0 {
		return ""
	}
	return strconv.QuoteToASCII(text[max(0, i-100):min(len(text), i+20)])
}

// searchLogs finds the marker in the logs, cut and quoted, and nothing of what stands far behind it.
func (h *haystack) searchLogs(t *testing.T, m marker) {
	t.Helper()
	for _, path := range []string{filepath.Join("data", "log", "kubernetes.log"), "server.log"} {
		content, err := os.ReadFile(filepath.Join(h.server.dir, path))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(content, []byte(m.text)) {
			t.Errorf("%s does not tell what the clusters said", path)
		}
		if bytes.Contains(content, []byte(m.tail)) {
			t.Errorf("%s holds more of it than 256 bytes", path)
		}
		if bad := obeyed(string(content)); bad != "" {
			t.Errorf("%s holds a character that a terminal may obey: %s", path, bad)
		}
		for line := range bytes.Lines(content) {
			var fields struct{ Raw string }
			if filepath.Ext(path) != ".log" || json.Unmarshal(line, &fields) != nil {
				continue
			}
			if raw, err := strconv.Unquote(fields.Raw); fields.Raw != "" && (err != nil || len(raw) > 256) {
				t.Errorf("raw is not quoted, or longer than 256 bytes: %s", fields.Raw)
			}
		}
	}
}
