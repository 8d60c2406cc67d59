package e2e_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestKeyboardAlone uses the pages without a mouse: by Tab and Enter, and by the palette.
func TestKeyboardAlone(t *testing.T) {
	t.Parallel()
	s := newServerWith(t)
	b := newBrowser(t)
	b.signIn(s)
	b.do("skip to the content", chromedp.Navigate(s.page("/groups")), b.there(".bar"),
		key(kb.Tab), b.focused("Skip to content"), key(kb.Enter), b.holds(`document.activeElement.id === "main"`))
	b.do("make a group", b.tabTo("New group"), key(kb.Enter), b.there("#slug"),
		b.tabTo("Path"), chromedp.KeyEvent("acme"), key(kb.Tab), chromedp.KeyEvent("Acme"), key(kb.Enter), b.says("This group is empty"))
	b.do("make a project in it", b.tabTo("New project"), key(kb.Enter), b.there("#slug"),
		b.tabTo("Path"), chromedp.KeyEvent("storefront"), key(kb.Enter), b.says("No environment yet"))
	b.do("open the palette and leave it again", b.tabTo("Members"),
		chromedp.KeyEvent("k", chromedp.KeyModifiers(chromedp.ModifierCtrl)), b.there("#palette[open] [role=option][aria-selected=true]"),
		b.accessible("the palette"), b.picture("palette"),
		key(kb.Escape), b.holds(`!document.querySelector("#palette").open`), b.focused("Members"))
	b.do("choose with the arrows",
		slash(), b.there("#palette[open] [role=option]"), chromedp.KeyEvent("groups"),
		b.holds(`document.querySelectorAll("#palette [role=option]").length < 4 && document.querySelector("#palette [aria-selected=true]")?.innerText.startsWith("Groups")`),
		key(kb.ArrowDown), key(kb.ArrowUp), key(kb.Enter), b.holds(`location.pathname === "/groups" && document.readyState === "complete"`))
	b.do("go to a project by a part of its name",
		slash(), b.there("#palette[open]"), chromedp.KeyEvent("store"),
		b.holds(`document.querySelector("#palette [aria-selected=true]")?.innerText.includes("acme/storefront")`),
		b.holds(`document.querySelector("#palette input").getAttribute("aria-activedescendant") === document.querySelector("#palette [aria-selected=true]").id`),
		key(kb.Enter), b.holds(`location.pathname === "/projects/1" && document.readyState === "complete"`))
	b.do("search on a page of its own where nothing is offered",
		slash(), b.there("#palette[open] [role=option]"), chromedp.KeyEvent("nowhere"),
		b.holds(`document.querySelector("#palette [role=status]").textContent === "Nothing found"`), key(kb.Enter), b.says("Nothing found"))
}

func key(k string) chromedp.Action[chromedp.Void] { return chromedp.KeyEvent(k) }

// slash presses the key as a keyboard does, with the text as a part of the stroke: a page that takes the stroke keeps the
// text from being typed.
func slash() chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		down := input.DispatchKeyEventParams{Type: "keyDown", Key: "/", Code: "Slash", Text: "/"}
		if _, err := cdp.Call(ctx, t, input.DispatchKeyEvent, down); err != nil {
			return err
		}
		_, err := cdp.Call(ctx, t, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: "keyUp", Key: "/", Code: "Slash"})
		return err
	})
}

// named is what the focused element is called by those who hear it.
const named = `((e) => (e.labels?.[0] ?? e).innerText.trim())(document.activeElement)`

// focused waits until the element of a name has the focus.
func (b *browser) focused(name string) chromedp.Action[chromedp.Void] {
	return b.holds(fmt.Sprintf("%s.startsWith(%q)", named, name))
}

// tabTo presses Tab until the element of a name has the focus.
func (b *browser) tabTo(name string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		for range 60 {
			if _, err := chromedp.KeyEvent(kb.Tab)(ctx, t); err != nil {
				return err
			}
			found, err := chromedp.Evaluate[bool](fmt.Sprintf("%s.startsWith(%q)", named, name))(ctx, t)
			if err != nil || found {
				return err
			}
		}
		return fmt.Errorf("nothing called %q can be reached by Tab", name)
	})
}
