package e2e_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/roadstead/roadstead/internal/kubetest"
)

// hostile is a cluster that plants a marker in everything that a server can say as an error.
type hostile struct {
	name    string
	options []kubetest.Option
	answer  func(m marker) kubetest.Answer
	// code is what people see of it.
	code string
}

// marker is a text that is looked for, and one that stands so far behind it that a cut leaves it out.
type marker struct{ text, tail string }

func newMarker() marker {
	return marker{"m" + strings.ToLower(rand.Text()), "t" + strings.ToLower(rand.Text())}
}

// said is the marker as a cluster says it, with all that could be mistaken for an instruction.
func (m marker) said() string {
	return m.text + " <script>alert(1)</script> \x1b[31m\u202e https://" + m.text + ".example.com/ " + strings.Repeat("x", 300) + m.tail
}

func (m marker) headers(a kubetest.Answer) kubetest.Answer {
	return func(w http.ResponseWriter, r *http.Request) {
		for name, value := range map[string]string{
			"Warning": `299 - "` + m.text + `"`, "Nel": `{"report_to":"` + m.text + `"}`, "Report-To": m.text,
			"Set-Cookie": "session=" + m.text, "Link": "<https://" + m.text + ".example.com>; rel=next", "Server": m.text,
			"Www-Authenticate": `Basic realm="` + m.text + `"`, "X-Kubernetes-Pf-Flowschema-Uid": m.text, "Audit-Id": m.text,
			"Trailer": "X-Last", "X-Request-ID": m.text,
		} {
			w.Header().Set(name, value)
		}
		a(w, r)
		w.Header().Set("X-Last", m.text)
	}
}

// status is a failure in the form of Kubernetes with the marker in each of its texts.
func (m marker) status(code int) kubetest.Answer {
	return m.headers(kubetest.JSON(code, map[string]any{
		"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "message": m.said(), "reason": m.text,
		"metadata": map[string]any{"continue": m.text, "resourceVersion": m.text, "selfLink": m.text},
		"details": map[string]any{
			"name": m.text, "group": m.text, "kind": m.text, "uid": m.text, "retryAfterSeconds": 1,
			"causes": []any{map[string]any{"reason": m.text, "message": m.said(), "field": m.text}},
		},
	}))
}

// onTheWire writes bytes in place of an answer.
func onTheWire(text string) kubetest.Answer {
	return func(w http.ResponseWriter, _ *http.Request) {
		conn, out, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(err)
		}
		defer conn.Close()
		_, _ = out.WriteString(text)
		_ = out.Flush()
	}
}

func hostiles(m marker) []hostile {
	plain := []kubetest.Option{kubetest.HTTP1}
	return []hostile{
		{name: "certificate", options: []kubetest.Option{kubetest.OtherHost(m.text + ".example.com")}, code: "cluster_tls_hostname"},
		{name: "redirect", code: "cluster_redirected", answer: func(m marker) kubetest.Answer {
			return m.headers(kubetest.Redirect(http.StatusTemporaryRedirect, "https://"+m.text+".example.com/"+m.text))
		}},
		{name: "upgrade", options: plain, code: "cluster_redirected", answer: func(m marker) kubetest.Answer {
			return onTheWire("HTTP/1.1 101 " + m.text + "\r\nConnection: Upgrade\r\nUpgrade: " + m.text + "\r\n\r\n" + m.said())
		}},
		{name: "banner", options: plain, code: "cluster_bad_response", answer: func(m marker) kubetest.Answer {
			return onTheWire("SSH-2.0-" + m.text + "\r\n" + m.said() + "\r\n")
		}},
		{name: "header", options: plain, code: "cluster_bad_response", answer: func(m marker) kubetest.Answer {
			return onTheWire("HTTP/1.1 200 OK\r\n" + m.text + " " + m.said() + "\r\n\r\n")
		}},
		{name: "malformed", code: "cluster_bad_response", answer: func(m marker) kubetest.Answer {
			return m.headers(kubetest.Text(http.StatusOK, "application/json", `{"kind": "`+m.text+`", "`+m.said()+`": `+m.text))
		}},
		{name: "page", code: "cluster_bad_response", answer: func(m marker) kubetest.Answer {
			return m.headers(kubetest.Text(http.StatusOK, "text/html; charset="+m.text, "<h1>"+m.said()+"</h1>"))
		}},
		{name: "unauthorized", code: "cluster_unauthorized", answer: func(m marker) kubetest.Answer { return m.status(http.StatusUnauthorized) }},
		{name: "forbidden", code: "cluster_forbidden", answer: func(m marker) kubetest.Answer { return m.status(http.StatusForbidden) }},
		{name: "broken", code: "cluster_server_error", answer: func(m marker) kubetest.Answer { return m.status(http.StatusInternalServerError) }},
		{name: "throttled", code: "cluster_throttled", answer: func(m marker) kubetest.Answer {
			throttled := m.status(http.StatusTooManyRequests)
			return func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Retry-After", m.said()[:40])
				throttled(w, r)
			}
		}},
	}
}

// turncoat is a cluster that passes every check and fails at work: namespaces are refused with the marker, pods can
// be listed by nobody, and the install pod fails with the marker in each text of its status that is no content.
type turncoat struct {
	objects *kubetest.Objects
	m       marker
	log     kubetest.Answer
	// honest lets pods be listed.
	honest chan struct{}
}

func (c *turncoat) answer(w http.ResponseWriter, r *http.Request) {
	answer := c.m.headers(c.objects.Answer)
	select {
	case <-c.honest:
	default:
		switch path := r.URL.Path; {
		case strings.HasSuffix(path, "/pods") && r.Method == http.MethodGet && !strings.Contains(path, "gitlab-managed-apps"):
			answer = c.m.status(http.StatusInternalServerError)
		case strings.HasSuffix(path, "/resourcequotas") || strings.Contains(path, "/resourcequotas/"):
			answer = c.m.status(http.StatusUnprocessableEntity)
		case strings.HasSuffix(path, "/log"):
			answer = c.log
		}
	}
	answer(w, r)
}

// TestWhatAClusterSaysAsAnErrorGoesToTheLogOnly attaches, checks, provisions, installs and looks at hostile clusters,
// then searches every answer, page, event, output and stored row for what they said.
func TestWhatAClusterSaysAsAnErrorGoesToTheLogOnly(t *testing.T) {
	t.Parallel()
	m, n := newMarker(), newNames()
	s := &server{bin: filepath.Join(shared.bin, "roadstead"), dir: t.TempDir(), token: adminToken}
	s.addEntry(t, n.app, "web", "")
	s.env = []string{"ROADSTEAD_EGRESS_ALLOW=127.0.0.1/32:*", "ROADSTEAD_LOG_LEVEL=debug"}
	s.mustStart(t)
	t.Cleanup(func() { s.process.Kill() })
	s.must(t, "group", "create", n.group)
	s.must(t, "project", "create", n.project)
	clusters := hostiles(m)
	h := newHaystack(t, s, n, len(clusters)+1)
	for i, c := range clusters {
		stub := kubetest.NewServer(t, c.options...)
		if c.answer != nil {
			stub.Answer("*", c.answer(m))
		}
		h.attach(t, i+1, c.name, stub)
	}
	side := &turncoat{
		objects: kubetest.NewObjects(), m: m, honest: make(chan struct{}),
		log: kubetest.Then(m.status(http.StatusForbidden), kubetest.Text(http.StatusOK, "text/plain", "a line\n")),
	}
	stub := kubetest.NewServer(t)
	stub.Answer("*", side.answer)
	h.attach(t, len(clusters)+1, "turncoat", stub)
	all := slices.Concat(clusters, []hostile{{name: "turncoat"}})
	h.follow(t, len(all), "cluster/%d", "value/%d/connection")
	for _, c := range all {
		h.drive(t, c.name)
	}
	h.follow(t, len(all), "namespace/%d", "application/%d")
	h.follow(t, len(all), "operation/%d", "operation/%d/log")
	failPod(t, stub, side.objects, n.app, m.said())
	side.objects.Put("/api/v1/namespaces/gitlab-managed-apps/events", "e", map[string]any{
		"reason": m.text, "message": m.said(), "type": "Warning",
		"involvedObject": map[string]any{"kind": "Pod", "name": "install-" + n.app, "namespace": "gitlab-managed-apps"},
	})
	for _, c := range clusters {
		eventually(t, settled, func() error { return h.marked(c.name, c.code) })
	}
	eventually(t, settled, func() error { return h.failed("turncoat") })

	found := h.search(t, m.text, m.tail)
	for _, where := range found {
		t.Errorf("what a cluster said is in %s", where)
	}
	h.searchLogs(t, m)

	// The search finds the same text where it is content: in the name of a pod.
	close(side.honest)
	namespace := h.namespaces[len(clusters)]
	side.objects.Put("/api/v1/namespaces/"+namespace+"/pods", m.text, map[string]any{
		"spec": map[string]any{"containers": []any{map[string]any{"name": "a", "image": "x"}}}, "status": map[string]any{"phase": "Running"},
	})
	eventually(t, 2*settled, func() error {
		out, err := s.cli(t.Context(), h.where("pods", "turncoat")...)
		if err == nil && !strings.Contains(out, m.text) {
			err = fmt.Errorf("the pod is not listed:\n%s", out)
		}
		return err
	})
	asContent := strings.Join(h.search(t, m.text), "\n")
	for _, where := range []string{"/pods", "/projects/1", "roadstead pods", "mirror.db"} {
		if !strings.Contains(asContent, where) {
			t.Errorf("the search does not find a pod of that name in %s, only in\n%s", where, asContent)
		}
	}
	t.Logf("%d clusters; %d places searched; as content found in %d of them", len(clusters)+1, h.places, strings.Count(asContent, "\n")+1)
}

// attach registers a stub for one environment of the project.
func (h *haystack) attach(t *testing.T, id int, name string, stub *kubetest.Server) {
	t.Helper()
	h.server.send(t.Context(), t, http.MethodPost, "/api/v1/clusters", map[string]string{
		"name": name, "level": "instance", "environment_scope": name, "api_url": stub.URL, "ca": string(stub.CA), "token": kubetest.Token,
	})
	if known, err := h.server.knows("/api/v1/clusters/" + strconv.Itoa(id)); err != nil || !known {
		t.Fatalf("cluster %s has not the id %d: %v", name, id, err)
	}
}

// drive asks for everything that the product does with a cluster.
func (h *haystack) drive(t *testing.T, name string) {
	t.Helper()
	ctx := t.Context()
	h.server.send(ctx, t, http.MethodPost, "/api/v1/clusters/"+name+"/check", nil)
	h.server.send(ctx, t, http.MethodPut, h.project+"/environments/"+name+"/namespace", map[string]string{})
	h.server.send(ctx, t, http.MethodPost, "/api/v1/clusters/"+name+"/applications/"+h.app+"/install", map[string]string{})
	var row struct{ Name string }
	if _, err := h.server.get(ctx, h.project+"/environments/"+name+"/namespace", &row); err != nil {
		t.Fatal(err)
	}
	h.namespaces = append(h.namespaces, row.Name)
	for _, kind := range []string{"pods", "deployments"} {
		if status, err := h.server.get(ctx, h.project+"/environments/"+name+"/"+kind, nil); err != nil || status != http.StatusOK {
			t.Fatalf("%s of %s: %d %v", kind, name, status, err)
		}
	}
}

// follow keeps what an event stream says about so many of each kind until the test ends.
func (h *haystack) follow(t *testing.T, count int, kinds ...string) {
	t.Helper()
	ctx := t.Context()
	topics := "clusters,project/1"
	for _, kind := range kinds {
		for i := range count {
			topics += "," + fmt.Sprintf(kind, i+1)
		}
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+h.server.address+"/api/v1/events?topics="+topics, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+h.server.token)
	answer, err := (&http.Client{}).Do(request)
	if err != nil {
		t.Fatal(err)
	}
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("events: %s", answer.Status)
	}
	stream := &recorded{}
	h.streams["events of "+strings.Join(kinds, " and ")] = stream
	go func() {
		defer answer.Body.Close()
		_, _ = io.Copy(stream, answer.Body)
	}()
}

// marked reports whether a cluster shows the code that it deserves.
func (h *haystack) marked(name, code string) error {
	body := h.server.body(h.t, "/api/v1/clusters/"+name)
	if !strings.Contains(string(body), code) {
		return fmt.Errorf("%s is not marked with %s:\n%s", name, code, body)
	}
	return nil
}

// failed reports whether everything that was asked of a cluster has come to its bad end.
func (h *haystack) failed(name string) error {
	var a struct {
		State string
		Error struct{ Code string }
	}
	if _, err := h.server.get(h.t.Context(), "/api/v1/clusters/"+name+"/applications/"+h.app, &a); err != nil {
		return err
	}
	var n struct{ Error struct{ Code string } }
	if _, err := h.server.get(h.t.Context(), h.project+"/environments/"+name+"/namespace", &n); err != nil {
		return err
	}
	var pods struct{ Error struct{ Code string } }
	if _, err := h.server.get(h.t.Context(), h.project+"/environments/"+name+"/pods", &pods); err != nil {
		return err
	}
	if a.State != "errored" || a.Error.Code == "" || n.Error.Code == "" || pods.Error.Code == "" {
		return fmt.Errorf("the application is %+v, the namespace %+v, the pods %+v", a, n, pods)
	}
	return nil
}

// openapi lists the paths of the document that can be read.
func (s *server) openapi(t *testing.T) []string {
	t.Helper()
	var document struct {
		Paths map[string]map[string]json.RawMessage
	}
	if err := json.Unmarshal(s.read(t, "/api/v1/openapi.json"), &document); err != nil {
		t.Fatal(err)
	}
	var paths []string
	for path, methods := range document.Paths {
		if _, ok := methods["get"]; ok && path != "/api/v1/events" {
			paths = append(paths, path)
		}
	}
	if len(paths) < 10 {
		t.Fatalf("only %d paths in the document", len(paths))
	}
	return paths
}

// body reads a path of the API, whatever its status.
func (s *server) body(t testing.TB, path string) []byte {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.address+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+s.token)
	return exchange(t, &http.Client{}, request)
}

// exchange returns an answer with its status and its header.
func exchange(t testing.TB, client *http.Client, request *http.Request) []byte {
	answer, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var all strings.Builder
	fmt.Fprintln(&all, answer.Status)
	_ = answer.Header.Write(&all)
	if _, err := io.Copy(&all, answer.Body); err != nil {
		t.Fatal(err)
	}
	return []byte(all.String())
}
