package e2e_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/roadstead/roadstead/internal/awstest"
)

// slowly is how long the fake AWS takes for a cluster whose making somebody watches.
const slowly = 6 * time.Second

// TestEKSPagesInABrowser makes a cluster on Amazon EKS as a person would, from a role to the cluster's end, without
// loading a page anew: what AWS offers, does and refuses appears by itself.
func TestEKSPagesInABrowser(t *testing.T) {
	t.Parallel()
	e := newDraft(t, slowly, filepath.Join(shared.bin, "roadstead"))
	b := newBrowser(t)
	b.do("sign in",
		chromedp.Navigate(e.page("/clusters")), chromedp.SendKeys("#token", e.token), chromedp.Submit("#token"),
		chromedp.WaitVisible("#clusters"))
	b.do("find the way to a role",
		b.press(`.head a[href="/clusters/new"]`), b.there(".pair"), b.picture("eks-add"),
		b.press(`.pair a[href="/eks/new"]`), b.press(`.empty a[href^="/eks/roles/"]`),
		chromedp.WaitVisible(`//pre[contains(., "`+e.external+`")]`), b.accessible("a role at AWS"), b.picture("eks-role"))
	b.do("register it",
		chromedp.SendKeys("#arn", e.role), chromedp.SendKeys("#stack_role", e.stack), chromedp.Submit("#arn"),
		chromedp.WaitVisible("#role .status.good"), b.picture("eks-role-verified"))
	e.orderInABrowser(t, b)
	e.makeInABrowser(b)
	e.deleteInABrowser(b)
	if said := b.console(); len(said) > 1 { // Chromium itself notes the refused form's status
		t.Errorf("the console says:\n%s", strings.Join(said, "\n"))
	}
}

// orderInABrowser fills in the form, which is refused once and loses nothing.
func (e *estate) orderInABrowser(t *testing.T, b *browser) {
	t.Helper()
	network, err := e.account().DefaultNetwork(home)
	if err != nil {
		t.Fatal(err)
	}
	create := `//button[text()="Create the cluster"]`
	b.do("fill in the form while its offers arrive",
		b.press(`#role a[href^="/eks/new"]`), b.there("#name"), chromedp.SendKeys("#name", e.name),
		press(`[name=version][value="1.35"]`), press(`[name=network][value="`+network.VPCID+`"]`),
		press(`[value="`+network.SubnetIDs[0]+`"]`),
		b.press("[name=accept_cost]"), b.accessible("the form for a cluster"), b.picture("eks-wizard"), chromedp.Click(create))
	e.aws.FailResource(awstest.ResourceFault{Resource: "AWS::EC2::VPC"})
	b.do("see what is wrong, with everything kept, and choose another network",
		chromedp.WaitVisible(`//p[@class="wrong"][contains(., "2 to 16 subnets")]`), b.picture("eks-refused"),
		chromedp.WaitVisible(`#networks input:checked[value="`+network.SubnetIDs[0]+`"]`),
		press(`[name=network][value="new"]`), chromedp.Click(create))
}

// makeInABrowser follows a creation that fails, and the next one to its end.
func (e *estate) makeInABrowser(b *browser) {
	b.do("see why it failed",
		chromedp.WaitVisible(`//div[@role="alert"][contains(., "AWS::EC2::VPC")]`), chromedp.WaitVisible("#run .status.bad"),
		b.accessible("a creation that failed"), b.picture("eks-failure"))
	b.do("try again and watch",
		press(`#actions form[action$="/retry"] button`), chromedp.WaitVisible(`//*[@id="parts"]//tr[contains(., "EKS::Cluster")]`),
		b.picture("eks-progress"))
	b.do("see it become ready",
		chromedp.WaitVisible(`//a[text()="Open the cluster"]`), b.accessible("a cluster that is ready"), b.picture("eks-ready"),
		press(`#actions a[href^="/clusters/"]`), chromedp.WaitVisible(`//p[contains(., "made by Roadstead on")]`),
		b.picture("eks-cluster"))
}

func (e *estate) deleteInABrowser(b *browser) {
	b.do("look what a deletion would meet",
		chromedp.Click(`//a[text()="Amazon EKS"]`), chromedp.WaitVisible("#actions"), press(`#actions a[href$="/delete"]`),
		chromedp.WaitVisible(`//section[@id="inventory"]//time`), b.accessible("a deletion"), b.picture("eks-delete"))
	b.do("confirm it by its name",
		chromedp.SendKeys("#confirm", e.name), chromedp.Submit("#confirm"),
		chromedp.WaitVisible(`//*[@id="run"]//*[contains(@class, "idle")][text()="deleted"]`), b.picture("eks-deleted"))
}

// press clicks on what a selector finds as soon as it is there, in one go: what is live may be replaced between a look
// and a click.
func press(selector string) chromedp.Action[chromedp.Void] {
	poll := chromedp.Poll[bool](fmt.Sprintf(`(() => { const found = document.querySelector(%q); found?.click(); return !!found; })()`, selector))
	return func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		_, err := poll(ctx, t)
		return chromedp.Void{}, err
	}
}
