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
	"github.com/roadstead/roadstead/internal/audit"
	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/namespace"
	"github.com/roadstead/roadstead/internal/provision"
	"github.com/roadstead/roadstead/internal/setting"
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

	users      *auth.Service
	tenants    *tenant.Service
	provisions *provision.Service
	store      provision.Store
	pages      *web.Handler
	single     *auth.SingleSignOn
	clusters   *cluster.Service
}

func newSite(t *testing.T) *site {
	t.Helper()
	cfg := storetest.SQLiteConfig(t)
	db := storetest.Open(t, cfg)
	s := &site{t: t, now: time.Now().UTC().Truncate(time.Second), store: db.Provision()}
	now := func() time.Time { return s.now }
	s.provisions = &provision.Service{Store: s.store, Now: now}
	tenants := &tenant.Service{Store: db.Tenant(), Now: now}
	access, settings := auth.NewAccess(tenants), &setting.Service{Store: db.Settings()}
	s.tenants, s.clusters = tenants, &cluster.Service{Store: db.Clusters(), Tenants: tenants, Access: access, Now: now}
	users := &auth.Service{Store: db.Auth(), Access: access, Settings: settings, AdminHash: sha256.Sum256([]byte(adminToken)), Now: now, Log: cfg.Log}
	s.users = users
	s.single = &auth.SingleSignOn{Provider: idp{}, Store: db.Auth(), Auth: users, Members: tenants, Now: now, Log: cfg.Log}
	s.pages = &web.Handler{
		Access: access, Limits: auth.NewLimits(now), Auth: users, Settings: settings, SingleSignOn: s.single, Secure: true,
		Tenant: tenants, Clusters: s.clusters,
		Namespaces: &namespace.Service{Store: db.Namespaces(), Now: now},
		Audit:      audit.Record{Reader: db.Audit()}, Values: workload.NewValues(db.Values(), now), Provisions: s.provisions,
		Bootstraps: bootstraps{}, Bus: cfg.Bus, Log: cfg.Log, Now: now,
	}
	mux := http.NewServeMux()
	if err := s.pages.Mount(mux); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewTLSServer(mux)
	t.Cleanup(server.Close)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	s.url, s.client = server.URL, &http.Client{Jar: jar, Transport: server.Client().Transport}
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

func (bootstraps) QuickCreate(provision.Role) string { return "" }

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
			{Check: "account", OK: true},
			{Check: "region", OK: true},
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
