package e2e_test

import (
	"context"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/roadstead/roadstead/internal/web"
)

// audit runs axe-core on the page as it is and tells what it finds wrong. It comes in through the developer tools, which
// no policy of the page keeps out.
const auditPage = `axe.run(document, {resultTypes: ["violations"]}).then((found) => found.passes.length === 0
	? ["axe has checked nothing"]
	: found.violations.flatMap((v) => v.nodes.map((n) => v.id + ": " + n.target + " " + n.html.slice(0, 200))))`

// accessible fails the test for what axe-core finds wrong with the page, in light and in dark.
func (b *browser) accessible(name string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		axe, err := os.ReadFile("testdata/axe-core/axe.min.js")
		if err != nil {
			return err
		}
		for _, scheme := range []string{"light", "dark"} {
			params := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}
			if _, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, params); err != nil {
				return err
			}
			if _, err := chromedp.Evaluate[any](string(axe)+";null")(ctx, t); err != nil {
				return err
			}
			found, err := chromedp.Evaluate[[]string](auditPage, chromedp.EvalAwaitPromise)(ctx, t)
			if err != nil {
				return err
			}
			for _, violation := range found {
				b.t.Errorf("%s in %s: %s", name, scheme, violation)
			}
		}
		return nil
	})
}

// Every page is checked that the handler has, so that a new one cannot be forgotten. What fills its address is made
// first; pages of clusters on Amazon EKS have a check in the test that makes one.
func TestPagesAreAccessible(t *testing.T) {
	t.Parallel()
	n := newNames()
	s := newServerWith(t, n.app)
	b := newBrowser(t)
	b.signIn(s)
	b.organisation(s)
	s.must(t, s.attachArgs(t, n.cluster)...)
	b.do("grant the cluster", chromedp.Navigate(s.page("/clusters/1/grants")), b.there("#group"),
		b.fill("#group", "acme"), b.press(`form[action="/clusters/1/grants"] button`), b.there(`tbody a`))
	s.must(t, "app", "install", n.app, "--cluster", n.cluster)
	filled := strings.NewReplacer(
		"{group}", "1", "{project}", "1", "{cluster}", "1", "{environment}", "1", "{user}", "2", "{operation}", "1", "{$}", "")
	for _, route := range (&web.Handler{}).Routes() {
		path := filled.Replace(route.Pattern)
		if route.Method != http.MethodGet || slices.Contains(notPages(), route.Pattern) || strings.Contains(path, "{") {
			continue
		}
		b.do("look at "+path, chromedp.Navigate(s.page(path)), b.there("h1"), b.accessible(path), b.picture("axe"+strings.ReplaceAll(path, "/", "-")))
	}
}

// notPages are what browsers fetch that nobody looks at.
func notPages() []string {
	return []string{
		"/static/", "/live", "/search/options", "/eks/bootstrap.yaml", "/operations/{operation}/log", "/sign-in/oidc", "/sign-in/oidc/callback",
		"/sign-in/oidc/sign-out", "/sign-in/oidc/signed-out",
	}
}
