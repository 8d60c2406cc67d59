package e2e_test

import (
	"context"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// TestPagesInABrowser does in Chromium what a person would: signs in, installs
// an application and follows its log, and sees pods come and go without
// touching the page. Nothing may be reported to the console: the policy of
// what a page may load has no exception.
func TestPagesInABrowser(t *testing.T) {
	t.Parallel()
	n := newNames()
	s := newServerWith(t, n.app)
	s.must(t, s.attachArgs(t, n.cluster)...)
	s.must(t, "group", "create", n.group)
	s.must(t, "project", "create", n.project)
	b := newBrowser(t)

	b.do("sign in",
		chromedp.Navigate(s.page("/clusters")),
		chromedp.SendKeys("#token", s.token), b.picture("sign-in"), chromedp.Submit("#token"),
		chromedp.WaitVisible("#clusters table"), b.picture("clusters"))
	b.do("look at the report card",
		chromedp.Click("//th/a[text()='"+n.cluster+"']"), chromedp.WaitVisible("#report .findings .good"), b.picture("cluster"))
	app := `[action$="/applications/` + n.app + `/install"]`
	b.do("install and follow the log",
		chromedp.Click(`//article[.//code[text()='`+n.app+`']]//summary`), chromedp.Click(app+" button"),
		chromedp.WaitVisible("#operation .status.good"), chromedp.WaitVisible(`//pre[contains(., "step=done state=succeeded")]`),
		b.picture("operation"))
	b.do("ensure a namespace",
		chromedp.Navigate(s.page("/projects")), chromedp.Click(".tree a"),
		chromedp.SendKeys("#environment", "production"), chromedp.Submit("#environment"),
		chromedp.WaitVisible(`//section[@data-topics]//header//span[contains(., "ready")]`))

	namespace := s.namespaceOf(t, n)
	mustKubectl(t, "create", "deployment", "storefront", "-n", namespace, "--image=registry.example.com/storefront:1", "--replicas=0")
	patch := `{"spec":{"template":{"spec":{"securityContext":{"runAsNonRoot":true,"seccompProfile":{"type":"RuntimeDefault"}},` +
		`"containers":[{"name":"storefront","securityContext":{"allowPrivilegeEscalation":false,"capabilities":{"drop":["ALL"]}}}]}}}}`
	mustKubectl(t, "patch", "deployment", "storefront", "-n", namespace, "-p", patch)
	mustKubectl(t, "scale", "deployment", "storefront", "-n", namespace, "--replicas=2")
	b.do("see pods appear by themselves", b.rows(2), b.picture("project"))
	mustKubectl(t, "scale", "deployment", "storefront", "-n", namespace, "--replicas=0")
	b.do("see them go", b.rows(0))
	b.do("sign out", chromedp.Click(".me summary"), chromedp.Click(".me button"), chromedp.WaitVisible("#token"))
	if said := b.console(); len(said) > 0 {
		t.Errorf("the console says:\n%s", strings.Join(said, "\n"))
	}
}

func (s *server) page(path string) string { return "http://" + s.address + path }

func (s *server) namespaceOf(t *testing.T, n names) string {
	t.Helper()
	var row struct{ Name string }
	if _, err := s.get(t.Context(), n.namespacePath(), &row); err != nil {
		t.Fatal(err)
	}
	return row.Name
}

func mustKubectl(t *testing.T, args ...string) {
	t.Helper()
	if _, err := shared.kubectl(t.Context(), args...); err != nil {
		t.Fatal(err)
	}
}

// browser is one tab of Chromium.
type browser struct {
	t   *testing.T
	ctx context.Context //nolint:containedctx // chromedp keeps the tab in it
	// messages yields what the page and the browser said to the console.
	messages iter.Seq2[chromedp.ConsoleMessage, error]
}

func newBrowser(t *testing.T) *browser {
	t.Helper()
	ctx, closeTab := chromedp.NewContext(t.Context(), chromedp.WithAllocatorOptions(
		chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun, chromedp.WindowSize(1280, 1000),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true), chromedp.UserDataDir(t.TempDir())))
	t.Cleanup(closeTab)
	return &browser{t: t, ctx: ctx, messages: chromedp.Console(ctx)}
}

// do runs one step of the visit.
func (b *browser) do(what string, actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, settled)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		_ = chromedp.Do(b.ctx, b.picture("failed")) // to see what was there instead
		b.t.Fatalf("%s: %v", what, err)
	}
}

// console returns what was said to the console. It ends the visit.
func (b *browser) console() []string {
	ctx, cancel := context.WithTimeout(b.ctx, time.Second)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { _ = chromedp.Cancel(b.ctx) })
	defer stop()
	var said []string
	for m, err := range b.messages {
		if err != nil {
			break
		}
		said = append(said, fmt.Sprint(m.Type, ": ", m.Text))
	}
	return said
}

// rows waits until the project shows so many running pods.
func (b *browser) rows(want int) chromedp.Action[chromedp.Void] {
	expression := fmt.Sprintf(`document.querySelectorAll("#environments tbody .status.good").length === %[1]d && `+
		`document.querySelectorAll("#environments tbody tr").length === %[1]d`, want)
	poll := chromedp.Poll[bool](expression)
	return func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		_, err := poll(ctx, t)
		return chromedp.Void{}, err
	}
}

// picture takes a screenshot in light and dark into the folder that
// ROADSTEAD_SCREENSHOTS names, if it does.
func (b *browser) picture(name string) chromedp.Action[chromedp.Void] {
	folder := os.Getenv("ROADSTEAD_SCREENSHOTS")
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		if folder == "" {
			return nil
		}
		for _, scheme := range []string{"light", "dark"} {
			params := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}
			if _, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, params); err != nil {
				return err
			}
			png, err := chromedp.FullScreenshot(100)(ctx, t)
			if err != nil {
				return err
			}
			if err := os.WriteFile(filepath.Join(folder, name+"-"+scheme+".png"), png, 0o600); err != nil {
				return err
			}
		}
		return nil
	})
}
