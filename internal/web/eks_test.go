package web_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/provision"
)

// wish is a filled form that nothing is wrong about.
func wish(role string) url.Values {
	return url.Values{
		"role": {role}, "region": {"eu-west-1"}, "name": {"orders-production"}, "scope": {"production"}, "version": {"1.36"},
		"network":                       {"vpc-0a1b2c3d4e5f60718"},
		"subnets-vpc-0a1b2c3d4e5f60718": {"subnet-0aaaaaaaaaaaaaaa1", "subnet-0aaaaaaaaaaaaaaa2"},
		"subnets-vpc-0ffffffffffffffff": {"subnet-0ccccccccccccccc1"}, // ticked before another network was chosen
		"architecture":                  {"amd64"}, "instance_type": {"m7i.large"}, "count": {"3"}, "disk": {"50"},
		"allow": {"203.0.113.0/24\n198.51.100.0/24"}, "tags": {"cost-center=4711\nteam=orders"}, "accept_cost": {"true"},
	}
}

func TestARoleGoesFromDraftToVerified(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.shows(s.get("/eks"), 200, "Add a role")
	s.shows(s.post("/eks/roles/new", url.Values{"name": {"two words"}, "region": {"eu-west-1"}}), 422,
		`value="two words"`, `<p class="wrong" role="alert">A name has`)
	s.shows(s.post("/eks/roles/new", url.Values{"name": {"production"}, "region": {"eu-west-1"}, "group": {"nobody"}}), 404, `value="nobody"`)

	draft := s.post("/eks/roles/new", url.Values{"name": {"production"}, "region": {"eu-west-1"}})
	role, err := s.provisions.Role(t.Context(), "production")
	if err != nil {
		t.Fatal(err)
	}
	s.shows(draft, 200, "not registered yet", role.ExternalID, "being found out")
	s.changeRole(role.ID, func(r *provision.Role) { r.Principal = "210987654321" })
	s.shows(s.get(draft.path), 200, "210987654321", "aws deploy ExternalId="+role.ExternalID)
	s.shows(s.get("/eks/bootstrap.yaml"), 200, "Resources:")

	s.shows(s.post(draft.path, url.Values{"arn": {"arn:aws:sts::1:assumed-role/x"}}), 422, `value="arn:aws:sts::1:assumed-role/x"`, `class="wrong"`)
	s.shows(s.post(draft.path, url.Values{"arn": {"arn:aws:iam::123456789012:role/roadstead/provision"}}), 200, "being verified", "account 123456789012")
	s.changeRole(role.ID, func(r *provision.Role) { r.State, r.Code = provision.RoleRefused, apperr.CloudRoleOpen })
	s.shows(s.get(draft.path), 200, "refused", "cloud_role_open", "Add the condition sts:ExternalId")
	s.shows(s.post(draft.path+"/verify", nil), 200, "being verified")
	s.changeRole(role.ID, func(r *provision.Role) { r.State, r.VerifiedAt = provision.RoleVerified, s.now })
	s.shows(s.get(draft.path), 200, "It lets Roadstead in")
	if text := s.get("/eks").text; strings.Contains(text, role.ExternalID) {
		t.Error("the list of roles shows an external id")
	}
	s.shows(s.post(draft.path+"/remove", nil), 200, "Add a role")
}

func TestTheFormOffersWhatTheAccountHas(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.shows(s.get("/eks/new"), 200, "A cluster needs a role")
	role := s.verified()
	s.shows(s.get("/eks/new"), 200, "AWS is being asked what it offers in eu-west-1", `name="version" value=""`)
	s.offer(role, "eu-west-1")
	form := s.get("/eks/new")
	s.shows(form, 200, "offers of eu-west-1 as of", `value="1.35" required checked`, "eu-west-1b", "4088 free", `<option value="m7g.large">`,
		"0.10 USD an hour", "73 USD a month")
	_, ending, _ := strings.Cut(form.text, `value="1.34"`)
	if choice, _, _ := strings.Cut(ending, "</li>"); !strings.Contains(choice, "ends within 60 days") {
		t.Error("a version that ends soon is not marked")
	}
	if n := strings.Count(form.text, "ends within 60 days"); n != 1 {
		t.Errorf("%d versions are marked as ending soon, want 1", n)
	}
	other := wish("1")
	other.Set("region", "eu-central-1")
	other.Set("look", "true")
	s.shows(s.post("/eks/new", other), 200, "AWS is being asked what it offers in eu-central-1", `value="orders-production"`,
		`data-address="/eks/new?region=eu-central-1&amp;role=1"`)
}

func TestAFormThatIsRefusedLosesNothing(t *testing.T) {
	t.Parallel()
	kept := []string{
		`value="orders-production"`, `value="production"`, `value="1.36" required checked`, `value="vpc-0a1b2c3d4e5f60718" required checked`,
		`value="subnet-0aaaaaaaaaaaaaaa1" checked`, `value="subnet-0aaaaaaaaaaaaaaa2" checked`, "198.51.100.0/24", "team=orders",
	}
	for name, tc := range map[string]struct {
		field, value string
		says         string
		keeps        []string
	}{
		"a name of two words":   {"name", "two words", "begins with a letter or digit", append([]string{`value="two words"`}, kept[1:]...)},
		"no number":             {"count", "three", "Choose 1 to 450.", append(kept, `value="three"`)},
		"a type that is none":   {"instance_type", "large", "Give an instance type", append(kept, `value="large"`)},
		"an address, no net":    {"allow", "203.0.113.7/24", "Give networks such as", append([]string{"203.0.113.7/24"}, kept[:6]...)},
		"a reserved tag":        {"tags", "aws:x=1", "begin with neither aws:", append([]string{"aws:x=1"}, kept[:7]...)},
		"costs not accepted":    {"accept_cost", "", "A cluster costs from the first hour", kept},
		"a disk that is small":  {"disk", "5", "Choose 20 to 16384 GB.", append(kept, `value="5"`)},
		"one subnet by its ids": {"network", "other", "Give its id, such as vpc-", kept[:3]},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.offer(s.verified(), "eu-west-1")
			form := wish("1")
			form.Set(tc.field, tc.value)
			refused := s.post("/eks/new", form)
			s.shows(refused, 422, append(tc.keeps, `<p class="wrong" role="alert">`)...)
			_, beside, _ := strings.Cut(refused.text, `<p class="wrong"`)
			if hint, _, _ := strings.Cut(beside, "</p>"); !strings.Contains(hint, tc.says) {
				t.Errorf("beside the field stands %q, want %q", hint, tc.says)
			}
		})
	}
}

func TestAClusterFromOrderToItsEnd(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.offer(s.verified(), "eu-west-1")
	made := s.post("/eks/new", wish("1"))
	s.shows(made, 200, "orders-production", "pending", "vpc-0a1b2c3d4e5f60718, 2 subnets", "Cancel")
	run, err := s.provisions.Run(t.Context(), "orders-production")
	if err != nil {
		t.Fatal(err)
	}
	if got := run.Spec; len(got.Network.SubnetIDs) != 2 || got.Tags["team"] != "orders" || len(got.PublicCIDRs) != 2 || got.Nodes.DiskGB != 50 {
		t.Errorf("the order is %+v", got)
	}

	s.under(run.ID)
	s.shows(s.get(made.path), 200, `<li class="running"><span class="step">wait`, `<progress max="100" value="58"`, "about 7 min left",
		"ControlPlane", "EKS::Cluster", "created")
	s.fail(run.ID)
	s.shows(s.get(made.path), 200, "The cluster could not be made", "A zone has no capacity left", "AWS::EKS::Nodegroup",
		"ec2:RunInstances", "eu-west-1b", "corr-4711", "stopped, since another part failed", "Subnet full", `from=1`)
	s.shows(s.get("/eks/new?from=1"), 200, `value="orders-production"`, `value="subnet-0aaaaaaaaaaaaaaa1" checked`)
	s.shows(s.post(made.path+"/retry", nil), 200, "pending", "attempt 2")

	s.changeRun(run.ID, func(r *provision.Run) {
		r.State, r.StackID, r.ReadyAt, r.Progress.Warning = provision.Ready, "arn:stack", s.now, apperr.CloudNodesMissing
		r.Spec.KubernetesVersion = "1.35"
	})
	s.shows(s.get(made.path), 200, "ready, with a warning", "No machine has joined", "Upgrade to 1.36", `href="/clusters/1"`)
	s.shows(s.post(made.path+"/upgrade", url.Values{"version": {"1.36"}}), 200, "updating", "control plane")
	s.changeRun(run.ID, func(r *provision.Run) { r.State = provision.Ready })
	s.shows(s.post(made.path+"/upgrade", url.Values{"version": {"1.37"}}), 422, "one minor version at a time: to 1.36")
}

func TestADeletionShowsWhatItMeetsAndIsConfirmed(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.verified()
	made := s.post("/eks/new", wish("1"))
	s.changeRun(1, func(r *provision.Run) {
		r.State, r.StackID = provision.Ready, "arn:stack"
		r.Inventory = provision.Inventory{
			Dependents: provision.Dependents{Balancers: []apperr.Untrusted{"Service shop/web"}, Volumes: []apperr.Untrusted{"shop/data"}},
			Billed:     []provision.Billed{{Kind: "load_balancer", ID: "web-1", USDMonth: 16}, {Kind: "volume", ID: "vol-1", USDMonth: 8}},
			AsOf:       s.now, CheckedAt: s.now,
		}
	})
	s.shows(s.get(made.path+"/delete"), 200, "Service shop/web", "shop/data", "load balancer", "24 USD a month")
	s.shows(s.post(made.path+"/delete", url.Values{"confirm": {"orders"}, "load_balancers": {"true"}}), 422,
		`value="orders"`, `name="load_balancers" value="true" checked`, "Type the name of the cluster, orders-production.")
	s.shows(s.post(made.path+"/delete", url.Values{"confirm": {"orders-production"}, "load_balancers": {"true"}}), 200, "deleting")

	s.changeRun(1, func(r *provision.Run) {
		r.State, r.Stuck = provision.DeleteBlocked, []string{"Vpc"}
		r.Failure = &provision.Failure{Code: apperr.CloudDeleteBlocked, NeedsCleanup: true}
		r.Billed = []provision.Billed{{Kind: "network_interface", ID: "eni-1"}}
	})
	s.shows(s.get(made.path), 200, "The deletion is stuck", "eni-1", "Not deleted")
	s.shows(s.get(made.path+"/delete"), 200, `name="retain" value="Vpc"`, `name="force"`)
	s.post(made.path+"/delete", url.Values{"confirm": {"orders-production"}, "retain": {"Vpc"}})
	run, err := s.provisions.Run(t.Context(), "1")
	if err != nil || run.Removal == nil || len(run.Removal.Retain) != 1 {
		t.Fatalf("the removal is %+v, %v", run.Removal, err)
	}

	s.changeRun(1, func(r *provision.Run) { r.State, r.StackGone = provision.Deleted, true })
	s.shows(s.get(made.path), 200, "deleted", "Forget")
	s.shows(s.post(made.path+"/forget", url.Values{"confirm": {"other"}}), 422, `id="forget" name="confirm" value="other"`)
	s.shows(s.post(made.path+"/forget", url.Values{"confirm": {"orders-production"}}), 200, "No cluster was made here yet")
}
