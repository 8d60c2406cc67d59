package web_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/provision"
	"github.com/roadstead/roadstead/internal/storetest"
	"github.com/roadstead/roadstead/internal/tenant"
	"github.com/roadstead/roadstead/internal/web"
	"github.com/roadstead/roadstead/internal/workload"
)

const adminToken = "an administrator's token of more than 32 characters"

// site is the pages over a real store, without a worker: what AWS would have done, a test writes into the store.
type site struct {
	t      *testing.T
	url    string
	client *http.Client
	now    time.Time

	provisions *provision.Service
	store      provision.Store
}

func newSite(t *testing.T) *site {
	t.Helper()
	cfg := storetest.SQLiteConfig(t)
	db := storetest.Open(t, cfg)
	s := &site{t: t, now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC), store: db.Provision()}
	now := func() time.Time { return s.now }
	s.provisions = &provision.Service{Store: s.store, Now: now}
	pages := &web.Handler{
		Auth:   &auth.Service{Sessions: db.Sessions(), AdminHash: sha256.Sum256([]byte(adminToken)), Now: now},
		Tenant: &tenant.Service{Store: db.Tenant(), Now: now}, Clusters: &cluster.Service{Store: db.Clusters(), Now: now},
		Values: workload.NewValues(db.Values(), now), Provisions: s.provisions, Bootstraps: bootstraps{}, Bus: cfg.Bus, Log: cfg.Log, Now: now,
	}
	mux := http.NewServeMux()
	if err := pages.Mount(mux); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	s.url, s.client = server.URL, &http.Client{Jar: jar}
	s.post("/sign-in", url.Values{"token": {adminToken}, "return_to": {"/eks"}})
	return s
}

type bootstraps struct{}

func (bootstraps) Template() []byte                { return []byte("Resources: {}\n") }
func (bootstraps) Command(r provision.Role) string { return "aws deploy ExternalId=" + r.ExternalID }

// get reads a page, post sends a form and reads where it leads. Both return the text with the status and the final path.
func (s *site) get(path string) answer { return s.do(http.MethodGet, path, nil) }

func (s *site) post(path string, form url.Values) answer { return s.do(http.MethodPost, path, form) }

type answer struct {
	status int
	path   string
	text   string
}

func (s *site) do(method, path string, form url.Values) answer {
	s.t.Helper()
	request, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		s.t.Fatal(err)
	}
	if form != nil {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	response, err := s.client.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return answer{response.StatusCode, response.Request.URL.Path, string(text)}
}

// shows fails the test for each text that an answer lacks.
func (s *site) shows(a answer, status int, texts ...string) {
	s.t.Helper()
	if a.status != status {
		s.t.Errorf("%s answers %d, want %d", a.path, a.status, status)
	}
	for _, text := range texts {
		if !strings.Contains(a.text, text) {
			s.t.Errorf("%s lacks %q in:\n%s", a.path, text, a.text)
		}
	}
}

// verified is a role that lets us in.
func (s *site) verified() provision.Role {
	s.t.Helper()
	ctx := s.t.Context()
	role, err := s.provisions.AddRole(ctx, provision.NewRole{Name: "production", Level: cluster.Instance, Region: "eu-west-1"})
	if err != nil {
		s.t.Fatal(err)
	}
	return s.changeRole(role.ID, func(r *provision.Role) {
		r.ARN, r.AccountID, r.Principal = "arn:aws:iam::123456789012:role/roadstead/roadstead-provision", "123456789012", "210987654321"
		r.State, r.VerifiedAt = provision.RoleVerified, s.now
	})
}

func (s *site) changeRole(id int64, change func(r *provision.Role)) (role provision.Role) {
	s.t.Helper()
	s.atomically(func(ctx context.Context, tx provision.Tx) (err error) {
		if role, err = tx.Role(ctx, id); err != nil {
			return err
		}
		change(&role)
		return tx.UpdateRole(ctx, role)
	})
	return role
}

func (s *site) changeRun(id int64, change func(r *provision.Run)) {
	s.t.Helper()
	s.atomically(func(ctx context.Context, tx provision.Tx) error {
		run, err := tx.Run(ctx, id)
		if err != nil {
			return err
		}
		change(&run)
		tx.Notify(provision.Topic(id))
		return tx.UpdateRun(ctx, run)
	})
}

func (s *site) atomically(fn func(ctx context.Context, tx provision.Tx) error) {
	s.t.Helper()
	if err := s.store.Atomically(s.t.Context(), func(tx provision.Tx) error { return fn(s.t.Context(), tx) }); err != nil {
		s.t.Fatal(err)
	}
}

// offer answers what a region offers, as the worker would.
func (s *site) offer(role provision.Role, region string) {
	s.t.Helper()
	offers, err := json.Marshal(provision.Offers{
		Regions: []string{"eu-central-1", "eu-west-1"},
		Versions: []provision.Offer{
			{Version: "1.36", SupportEnds: s.now.AddDate(0, 9, 0)},
			{Version: "1.35", Default: true, SupportEnds: s.now.AddDate(0, 4, 5)},
			{Version: "1.34", SupportEnds: s.now.AddDate(0, 0, 10)},
		},
		Networks: []provision.OfferNetwork{{
			ID: "vpc-0a1b2c3d4e5f60718", Name: "platform", CIDR: "10.20.0.0/16",
			Subnets: []provision.OfferSubnet{
				{ID: "subnet-0aaaaaaaaaaaaaaa1", Name: "private-a", Zone: "eu-west-1a", Free: 4091},
				{ID: "subnet-0aaaaaaaaaaaaaaa2", Name: "private-b", Zone: "eu-west-1b", Free: 4088},
				{ID: "subnet-0aaaaaaaaaaaaaaa3", Name: "public-a", Zone: "eu-west-1a", Free: 251, Public: true},
			},
			SecurityGroups: []provision.OfferGroup{{ID: "sg-0bbbbbbbbbbbbbbb1", Name: "default"}},
		}},
		InstanceTypes: []string{"m7i.large", "m7g.large"},
	})
	if err != nil {
		s.t.Fatal(err)
	}
	s.atomically(func(ctx context.Context, tx provision.Tx) error {
		form, err := tx.EnsureForm(ctx, role.ID, region)
		form.Offers, form.AsOf, form.CheckedAt = offers, s.now, s.now
		if err != nil {
			return err
		}
		tx.Notify(provision.FormTopic(role.ID, region))
		return tx.UpdateForm(ctx, form)
	})
}

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
	ending := form.text[strings.Index(form.text, `value="1.34"`):]
	if !strings.Contains(ending[:strings.Index(ending, "</li>")], "ends within 60 days") {
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
			beside := refused.text[strings.Index(refused.text, `<p class="wrong"`):]
			if hint := beside[:strings.Index(beside, "</p>")]; !strings.Contains(hint, tc.says) {
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

// under puts a run into the middle of its creation, fail at the end of one that went wrong.
func (s *site) under(id int64) {
	s.t.Helper()
	s.changeRun(id, func(r *provision.Run) {
		r.State, r.StackID = provision.Waiting, "arn:stack"
		r.Progress.Percent, r.Progress.Remaining = 58, 7*time.Minute
	})
	s.events(id, 1,
		part("NodeRole", "AWS::IAM::Role", provision.PartCreated), part("ClusterRole", "AWS::IAM::Role", provision.PartCreated),
		part("NodeSecurityGroup", "AWS::EC2::SecurityGroup", provision.PartCreated),
		part("ControlPlane", "AWS::EKS::Cluster", provision.PartCreating), part("ControlPlane", "AWS::EKS::Cluster", provision.PartCreated),
		part("AccessEntry", "AWS::EKS::AccessEntry", provision.PartCreated), part("Nodes", "AWS::EKS::Nodegroup", provision.PartCreating))
}

func (s *site) fail(id int64) {
	s.t.Helper()
	failure := &provision.Failure{
		Class: provision.Capacity, Code: apperr.CloudCapacity, ResourceType: "AWS::EKS::Nodegroup", Action: "ec2:RunInstances",
		Zones: []string{"eu-west-1b", "eu-west-1c"}, CorrelationID: "corr-4711",
	}
	nodes, entry := part("Nodes", "AWS::EKS::Nodegroup", provision.PartFailed), part("PodIdentity", "AWS::EKS::Addon", provision.PartFailed)
	nodes.Failure, entry.Failure, entry.FollowUp = failure, &provision.Failure{Code: apperr.CloudUnknown}, true
	s.events(id, 1, nodes, entry)
	s.changeRun(id, func(r *provision.Run) {
		r.State, r.Failure, r.StackGone = provision.Failed, failure, true
		r.Findings = []provision.Finding{
			{Check: "account", OK: true}, {Check: "region", OK: true},
			{Check: "version", OK: true, Warn: true, Code: apperr.CloudVersionEnding, Detail: []string{"2027-01-02"}},
			{Check: "subnet_full", Code: apperr.CloudSubnetFull, Detail: []string{"subnet-0aaaaaaaaaaaaaaa2"}},
		}
	})
}

func part(name, kind string, status provision.EventStatus) provision.Event {
	return provision.Event{LogicalID: name, Type: kind, Status: status}
}

func (s *site) events(id int64, attempt int, events ...provision.Event) {
	s.t.Helper()
	for i := range events {
		events[i].ID, events[i].At = events[i].LogicalID+string(events[i].Status), s.now.Add(time.Duration(i-len(events))*time.Minute)
	}
	s.atomically(func(ctx context.Context, tx provision.Tx) error { return tx.AppendEvents(ctx, id, attempt, events) })
}
