package e2e_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/roadstead/roadstead/internal/kubetest"
)

// hostileTexts are what a cluster may send where an API server sends a name. Each has a word by which it is known
// after it was made harmless.
func hostileTexts() map[string]string {
	return map[string]string{
		"image":   `image<img src=x onerror="document.title='owned';document.body.id='owned'">`,
		"script":  `script<script>document.title='owned';document.body.id='owned'</script>`,
		"svg":     `svg"><svg onload=document.title='owned'><style>*{display:none}</style>`,
		"link":    `link<a id=owned href="javascript:document.title='owned'">x</a>{{.Token}}${7*7}`,
		"ansi":    "ansi\x1b[2J\x1b[31mred\x1b]0;owned\x07\x1b]8;;https://owned.example.com\x07\x9b31m\u009b2J",
		"newline": "newline\r\n2026-01-01T00:00:00Z  cluster 1  forged\r\ndata: forged\n\nevent: forged\u2028\u2029\x85",
		"bidi":    "bidi\u202egnp.exe\u2066\u2069\u200f\u202d",
		"zero":    "zero\u200bwi\u200dd\ufeffth\u00ad\u2060\U000e0041",
		"long":    "long" + strings.Repeat("-0123456789", 900),
		"control": "control\x00\x01\x07\x08\x7f\tend",
		"formula": `formula=cmd|' /C calc'!A0`,
	}
}

// pod is one that is named, labelled and placed by a hostile cluster.
func hostilePod(text string) map[string]any {
	return map[string]any{
		"metadata": map[string]any{"labels": map[string]any{"app": text, "app.gitlab.com/app": text}, "annotations": map[string]any{"app.gitlab.com/app": text}},
		"spec":     map[string]any{"nodeName": text, "containers": []any{map[string]any{"name": text, "image": text}}},
		"status": map[string]any{
			"phase": "Running", "reason": text, "message": text, "podIP": text,
			"containerStatuses": []any{map[string]any{
				"name": text, "image": text, "imageID": text, "ready": false, "restartCount": 3,
				"state": map[string]any{"waiting": map[string]any{"reason": text, "message": text}},
			}},
		},
	}
}

// hostileWorld is a server with one project in a cluster whose every text is hostile.
type hostileWorld struct {
	*server

	n       names
	stub    *kubetest.Server
	objects *kubetest.Objects
	log     string
}

func newHostileWorld(t *testing.T) *hostileWorld {
	t.Helper()
	n := newNames()
	w := &hostileWorld{n: n, objects: kubetest.NewObjects()}
	w.server = &server{bin: filepath.Join(shared.bin, "roadstead"), dir: t.TempDir(), token: adminToken}
	w.addEntry(t, n.app, "web", "")
	w.env = []string{"ROADSTEAD_EGRESS_ALLOW=127.0.0.1/32:*"}
	w.mustStart(t)
	t.Cleanup(func() { w.process.Kill() })
	var log strings.Builder
	seq := 1
	for word, text := range hostileTexts() {
		fmt.Fprintf(&log, "time=2026-01-01T00:00:00Z seq=%d step=%s state=running msg=%s\n", seq, strconv.Quote(text), strconv.Quote(text))
		fmt.Fprintf(&log, "helm| raw %s %s\n", word, strings.ReplaceAll(text, "\n", "\r"))
		seq += 2
	}
	w.log = log.String()
	stub := kubetest.NewServer(t)
	w.stub = stub
	stub.Answer("*", func(rw http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/log") {
			kubetest.Text(http.StatusOK, "text/plain", w.log)(rw, r)
			return
		}
		w.objects.Answer(rw, r)
	})
	ctx := t.Context()
	w.must(t, "group", "create", n.group)
	w.must(t, "project", "create", n.project)
	w.send(ctx, t, http.MethodPost, "/api/v1/clusters", map[string]string{
		"name": n.cluster, "level": "instance", "api_url": stub.URL, "ca": string(stub.CA), "token": kubetest.Token,
	})
	w.must(t, "namespace", "ensure", "--project", n.project, "--environment", "production")
	namespace := w.namespaceOf(t, n)
	for _, text := range hostileTexts() {
		name := strings.ReplaceAll(text, "/", "|") // the stub keeps objects by their path
		w.objects.Put("/api/v1/namespaces/"+namespace+"/pods", name, hostilePod(text))
		w.objects.Put("/apis/apps/v1/namespaces/"+namespace+"/deployments", name, map[string]any{
			"metadata": map[string]any{"labels": map[string]any{"app": text}},
			"spec":     map[string]any{"replicas": 1}, "status": map[string]any{"conditions": []any{map[string]any{"type": text, "message": text}}},
		})
	}
	return w
}

// install runs an install whose pod says what the cluster wants it to.
func (w *hostileWorld) install(t *testing.T) {
	t.Helper()
	w.send(t.Context(), t, http.MethodPost, "/api/v1/clusters/"+w.n.cluster+"/applications/"+w.n.app+"/install", map[string]string{})
	var said strings.Builder
	for _, text := range hostileTexts() {
		said.WriteString(text[:min(len(text), 60)])
	}
	failPod(t, w.stub, w.objects, w.n.app, said.String())
	eventually(t, settled, func() error { return w.appState(w.n, "errored") })
}

// failPod waits for an install pod and ends it in a failure that says a text wherever it can.
func failPod(t *testing.T, stub *kubetest.Server, objects *kubetest.Objects, app, said string) {
	t.Helper()
	const pods = "/api/v1/namespaces/gitlab-managed-apps/pods"
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(stub.CA)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
	var pod map[string]any
	eventually(t, settled, func() error {
		answer, err := client.Get(stub.URL + pods + "/install-" + app)
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		if answer.StatusCode != http.StatusOK {
			return fmt.Errorf("the install pod: %s", answer.Status)
		}
		return json.NewDecoder(answer.Body).Decode(&pod)
	})
	pod["status"] = map[string]any{
		"phase": "Failed", "reason": said, "message": said,
		"conditions": []any{map[string]any{"type": "Ready", "status": "False", "reason": said, "message": said}},
		"containerStatuses": []any{map[string]any{
			"name": "installer", "image": "x", "imageID": "x",
			"state": map[string]any{"terminated": map[string]any{"exitCode": 1, "reason": said, "message": said}},
		}},
	}
	objects.Put(pods, "install-"+app, pod)
}

// TestHostileTextIsShownHarmlessly has a cluster whose names, labels, messages and log lines attack the browser, the
// terminal and the log.
func TestHostileTextIsShownHarmlessly(t *testing.T) {
	t.Parallel()
	w := newHostileWorld(t)
	w.install(t)
	where := []string{"--project", w.n.project, "--environment", "production"}
	words := hostileTexts()
	eventually(t, settled, func() error {
		out, err := w.cli(t.Context(), append([]string{"pods"}, where...)...)
		if rows := strings.Count(out, " Running ") + strings.Count(out, "/1 "); err == nil && rows < len(words) {
			err = fmt.Errorf("%d pods of %d:\n%s", rows, len(words), out)
		}
		return err
	})
	t.Run("terminal", func(t *testing.T) {
		t.Parallel()
		for _, args := range [][]string{
			append([]string{"pods"}, where...), append([]string{"pods", "-o", "json"}, where...), append([]string{"pods", "-o", "yaml"}, where...),
			{"app", "logs", w.n.app, "--cluster", w.n.cluster},
			{"app", "status", w.n.app, "--cluster", w.n.cluster},
			{"app", "list", "--cluster", w.n.cluster},
			{"cluster", "show", w.n.cluster},
			{"log", "kubernetes", "--data-dir", filepath.Join(w.dir, "data")},
		} {
			out, err := w.cli(t.Context(), args...)
			if err != nil {
				t.Error(err)
			}
			if bad := obeyed(out); bad != "" {
				t.Errorf("roadstead %s prints a character that a terminal may obey: %s", strings.Join(args, " "), bad)
			}
			for word := range words {
				if (args[0] == "pods" || args[1] == "logs") && !strings.Contains(out, word) {
					t.Errorf("roadstead %s does not show %s", strings.Join(args, " "), word)
				}
			}
			for line := range strings.Lines(out) {
				if strings.HasPrefix(line, "2026-01-01T00:00:00Z  cluster 1  forged") || strings.HasPrefix(line, "data: forged") {
					t.Errorf("roadstead %s lets a cluster write a line of its own: %s", strings.Join(args, " "), line)
				}
			}
		}
	})
	t.Run("kubernetes.log", func(t *testing.T) {
		t.Parallel()
		content, err := os.ReadFile(filepath.Join(w.dir, "data", "log", "kubernetes.log"))
		if err != nil {
			t.Fatal(err)
		}
		for line := range bytes.Lines(content) {
			if !json.Valid(line) || bytes.ContainsFunc(bytes.TrimSuffix(line, []byte("\n")), func(r rune) bool { return r < 0x20 || r > 0x7e }) {
				t.Errorf("this line is not one record of plain ASCII: %q", line)
			}
		}
	})
	t.Run("browser", func(t *testing.T) {
		t.Parallel()
		w.browse(t, words)
	})
}

// browse looks at the pages in Chromium: what the cluster sent is text, and nothing of it ran or became an element.
func (w *hostileWorld) browse(t *testing.T, words map[string]string) {
	t.Helper()
	b := newBrowser(t)
	b.do("sign in", chromedp.Navigate(w.page("/clusters")), chromedp.SendKeys("#token", w.token), chromedp.Submit("#token"),
		chromedp.WaitVisible("#clusters table"))
	for page, text := range map[string]string{"/projects/1": "#environments", "/operations/1": "pre.log", "/clusters/1": "#report"} {
		b.do("look at "+page, chromedp.Navigate(w.page(page)), chromedp.WaitVisible(text))
		var said struct {
			Title, Text string
			Owned       int
		}
		b.do("read it", chromedp.Func(func(ctx context.Context, target *chromedp.Target) (err error) {
			said.Title, err = chromedp.Evaluate[string](`document.title`)(ctx, target)
			if err == nil {
				said.Text, err = chromedp.Evaluate[string](`document.querySelector("`+text+`").innerText`)(ctx, target)
			}
			if err == nil {
				said.Owned, err = chromedp.Evaluate[int](`document.querySelectorAll(`+
					`"#owned, img[src=x], svg, main script, main style, a[href^=javascript]").length`)(ctx, target)
			}
			return err
		}))
		if said.Title == "owned" || said.Owned > 0 {
			t.Errorf("%s: the title is %q, and %d elements came from the cluster", page, said.Title, said.Owned)
		}
		if bad := obeyed(strings.ReplaceAll(said.Text, "\t", " ")); bad != "" {
			t.Errorf("%s shows a character that turns text around or hides: %s", page, bad)
		}
		for word := range words {
			if page != "/clusters/1" && !strings.Contains(said.Text, word) {
				t.Errorf("%s does not show %s", page, word)
			}
		}
		if page != "/clusters/1" && (!strings.Contains(said.Text, "<img src=x") || !strings.Contains(said.Text, "<script>")) {
			t.Errorf("%s does not show markup as text", page)
		}
	}
	if said := b.console(); len(said) > 0 {
		t.Errorf("the console says:\n%s", strings.Join(said, "\n"))
	}
}
