package e2e_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// TestOrganisationInABrowser does what an organisation's people would: makes groups and projects, lets people in, attaches
// a cluster after a look at its report card, shares it, asks why it serves, and detaches it again.
func TestOrganisationInABrowser(t *testing.T) {
	t.Parallel()
	s := newServerWith(t)
	b := newBrowser(t)
	b.signIn(s)
	b.organisation(s)
	b.do("make a token of the group and revoke it",
		chromedp.Navigate(s.page("/groups/1")), b.press(`.tabs a[href="/groups/1/tokens"]`), b.there(`form[action="/groups/1/tokens"] #name`), b.fill("#name", "terraform"),
		b.press(`form[action="/groups/1/tokens"] .primary`), b.holds(`document.querySelector("#secret")?.value.match(/^rsd_g_[0-9A-Za-z]{49}$/)`),
		b.there(`[data-copy]:not([hidden])`), b.picture("tokens"), b.press(`form[action$="/revoke"] button`), b.says("No token"))
	b.attachInABrowser(s)
	b.do("grant it to another group",
		b.press(`a[href="/clusters/1/grants"]`), b.there("#group"), b.fill("#group", "partners"),
		b.press(`form[action="/clusters/1/grants"] button`), b.there(`tbody a[href="/groups/2"]`), b.picture("grants"))
	b.do("ask which cluster serves",
		chromedp.Navigate(s.page("/projects/1")), b.press(`.tabs a[href="/projects/1/explain"]`), b.there("#environment"),
		b.fill("#environment", "production"), b.press(`form[action="/projects/1/explain"] button`),
		b.there(`tbody .status.good`), b.says("Its scope covers the environment"), b.picture("explain"))
	b.do("have a namespace made",
		b.press(`.tabs a[href="/projects/1"]`), b.there(`form[action="/projects/1/namespace"] #environment`), b.fill("#environment", "production"),
		b.submit("#environment"), b.there("#environments .status.good"), b.picture("environment"))
	b.detachInABrowser(s)
	b.do("find it in the record",
		b.press(`.tabs a[href="/groups/1/audit"]`), b.there("#action"), b.fill("#action", "cluster.attach"),
		b.press(`form[action="/groups/1/audit"] button`), b.holds(`document.querySelectorAll("tbody tr").length === 1`), b.says("shared-staging"),
		b.picture("audit"))
	for _, said := range b.console() {
		if !strings.Contains(said, "the server responded with a status of 4") { // Chromium itself notes what was refused
			t.Errorf("the console says: %s", said)
		}
	}
}

func (b *browser) signIn(s *server) {
	b.t.Helper()
	b.do("sign in", chromedp.Navigate(s.page("/sign-in")), b.fill("#token", s.token),
		b.submit("#token"), b.there(".bar"))
}

// organisation makes the groups acme and partners, the project acme/shop with an environment, and a member.
func (b *browser) organisation(s *server) {
	b.t.Helper()
	for _, slug := range []string{"acme", "partners"} {
		b.do("make the group "+slug,
			chromedp.Navigate(s.page("/groups")), b.press(`a[href="/groups/new"]`), b.there("#slug"), b.fill("#slug", slug),
			b.submit("#slug"), b.says("This group is empty"))
	}
	b.do("make a project",
		chromedp.Navigate(s.page("/groups/1")), b.press(`a[href="/groups/1/new-project"]`), b.there("#slug"),
		b.fill("#slug", "shop"), b.submit("#slug"), b.says("No environment yet"))
	b.do("make an environment",
		b.press(`.tabs a[href="/projects/1/environments"]`), b.there("#name"), b.fill("#name", "staging"),
		b.submit("#name"), b.there("tbody .status.good"))
	b.do("make a user",
		chromedp.Navigate(s.page("/users")), b.there("#username"), b.fill("#username", "ada"),
		b.fill("#name", "Ada Lovelace"), b.submit("#name"), b.says("Block this user"))
	b.do("add her to the group",
		chromedp.Navigate(s.page("/groups/1")), b.press(`.tabs a[href="/groups/1/members"]`), b.there("#username"),
		b.fill("#username", "ada"), b.submit("#username"), b.says("Ada Lovelace"),
		b.picture("members"))
	b.do("see the project's page say that she is inherited",
		chromedp.Navigate(s.page("/projects/1/members")), b.there(`tbody a[href="/groups/1/members"]`))
}

// attachInABrowser adds a cluster to the group: wrong first, then with a look at its report card.
func (b *browser) attachInABrowser(s *server) {
	b.t.Helper()
	ca, err := os.ReadFile(filepath.Join(shared.dir, "cluster", "ca.crt"))
	if err != nil {
		b.t.Fatal(err)
	}
	b.do("be told what is wrong with a cluster",
		b.press(`.tabs a[href="/groups/1/clusters"]`), b.press(`a[href="/groups/1/clusters/new"]`), b.there("#api_url"),
		b.fill("#name", "shared-staging"), b.fill("#api_url", shared.api),
		b.press("#attach .primary"), b.there(`#token[aria-invalid][aria-describedby~="token-wrong"]`),
		b.holds(`document.querySelector("#name").value === "shared-staging"`), b.accessible("a refused form"), b.picture("attach-refused"))
	b.do("look at its report card and save it",
		b.fill("#ca", string(ca)), b.fill("#token", shared.token), b.press("#attach .primary"),
		b.there(`form[action="/clusters/1/save"]`), b.there("#report .findings .good"), b.accessible("the report card of a draft"),
		b.picture("draft"), b.press(`form[action="/clusters/1/save"] button`), b.there("#applications"))
}

// detachInABrowser takes the cluster away again, with what stands in it.
func (b *browser) detachInABrowser(s *server) {
	b.t.Helper()
	b.do("see what stands in it",
		chromedp.Navigate(s.page("/clusters/1/edit")), b.press(`a[href="/clusters/1/detach"]`), b.says("Namespace of a project"),
		b.press(`[name=mode][value=clean_up]`), b.fill("#confirm", "shared"), b.press("form .danger"),
		b.there(`#confirm[aria-invalid]`), b.picture("detach"))
	b.do("confirm by its name, and see it go",
		b.fill("#confirm", "shared-staging"), b.press("form .danger"),
		b.holds(`location.pathname === "/groups/1/clusters"`), b.says("No cluster yet"))
}

// holds waits until an expression is true in the page, whichever page that is: one that is being left answers nothing.
func (b *browser) holds(expression string) chromedp.Action[chromedp.Void] {
	check := chromedp.Evaluate[bool](fmt.Sprintf("!!(%s)", expression))
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for {
			if ok, err := check(ctx, t); err == nil && ok {
				return nil
			}
			select {
			case <-ctx.Done():
				return fmt.Errorf("not before the deadline: %s", expression)
			case <-tick.C:
			}
		}
	})
}

// there waits for an element, says for a text.
func (b *browser) there(selector string) chromedp.Action[chromedp.Void] {
	return b.holds(fmt.Sprintf("document.querySelector(%q)", selector))
}

// press clicks on what a selector finds, as soon as it is there.
func (b *browser) press(selector string) chromedp.Action[chromedp.Void] {
	return b.holds(fmt.Sprintf(`(() => { const found = document.querySelector(%q); found?.click(); return !!found; })()`, selector))
}

// fill puts a text into a field, submit sends the form of one. Both find it in the page as it is then: live parts of a
// page may be replaced between a look and a stroke.
func (b *browser) fill(selector, text string) chromedp.Action[chromedp.Void] {
	return b.holds(fmt.Sprintf(`((e) => { if (e) e.value = %q; return e; })(document.querySelector(%q))`, text, selector))
}

func (b *browser) submit(selector string) chromedp.Action[chromedp.Void] {
	return b.holds(fmt.Sprintf(`((e) => { e?.form.requestSubmit(); return e; })(document.querySelector(%q))`, selector))
}

func (b *browser) says(text string) chromedp.Action[chromedp.Void] {
	return b.holds(fmt.Sprintf("document.querySelector('main')?.innerText.includes(%q)", text))
}
