package web

import (
	"bytes"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/application"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/namespace"
	"github.com/roadstead/roadstead/internal/provision"
	"github.com/roadstead/roadstead/internal/tenant"
	"github.com/roadstead/roadstead/internal/workload"
)

// hostile is what a cluster could put into any text it sends.
const hostile = `<script>alert(1)</script>"'><img src=x onerror=alert(1)>`

// Every template is executed with every field in use: templates find their
// mistakes only when they run.
func TestEveryPageRendersHostileTextHarmlessly(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	all, err := parsePages(func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	done := operationFacts{application.Operation{
		ID: 7, Action: application.Install, Phase: application.PhaseFailed, Version: hostile, Code: apperr.HookFailed,
		Detail: []string{hostile}, CreatedAt: now, FinishedAt: now, Entry: application.Entry{Name: "web", Title: hostile},
		Verdict: &application.Verdict{Digest: hostile, Release: application.Release{Name: hostile, Chart: hostile, AppVersion: hostile}},
	}, "Install"}
	views := map[string]any{
		"sign-in": signInView{ReturnTo: hostile, Error: apperr.Of(apperr.Unauthenticated), Provider: true, Leave: hostile, Left: true},
		"error":   errorView{Error: apperr.Of(apperr.NotFound), Correlation: hostile},
		"cluster": clusterView{
			RunID: 3, place: hostilePlace(), Failure: apperr.ClusterTimeout, Connection: aged{AsOf: now},
			Findings: []findingView{{Tone: "bad", Title: hostile, Text: hostile, Hint: hostile, Code: apperr.ClusterForbidden, Detail: []string{hostile}}},
			Identity: identityOf(cluster.Identity{
				State: cluster.IdentityRotating, Features: cluster.Features(), Code: apperr.RightsMissing, Detail: []string{hostile}, Since: now,
			}),
			Applications: []applicationView{{
				Name: "web", Title: hostile, Description: hostile, Code: apperr.HookFailed, CanInstall: true, CanUninstall: true, NeedsAdmin: true,
				Operation: &operationLink{ID: 7, Running: true, Steps: []stepView{{hostile, application.StepRunning, "1s"}}},
			}},
		},
		"identity": identityView{
			Cluster: cluster.Cluster{ID: 1, Name: hostile}, Spec: cluster.IdentitySpec{Namespace: hostile}, Manifest: hostile,
			Features: []featureChoice{{cluster.Live, true}},
		},
		"operation": operationView{
			Operation: done, Cluster: cluster.Cluster{ID: 1, Name: hostile}, Sentence: hostile, Hint: hostile, Pod: "install-web",
			Steps: []stepView{{hostile, application.StepFailed, "1s"}}, Lines: []application.LogLine{{Seq: 1, Text: hostile}}, LastSeq: 1,
		},
		"add": nil,
		"eks": eksView{
			Next: 3, Roles: []roleRow{{provision.Role{ID: 1, Name: hostile, AccountID: hostile, Region: hostile, VerifiedAt: now}, status{"good", hostile}}},
			Runs: []runRow{{ID: 1, Name: hostile, Region: hostile, Version: hostile, Nodes: hostile, Busy: true, Status: status{"busy", hostile}}},
		},
		"eks-role-new": newRoleView{Name: hostile, Group: hostile, Region: hostile, Wrong: wrong{Field: "name", Error: apperr.Of(apperr.ValidationFailed)}},
		"eks-role": roleView{
			Role: provision.Role{
				ID: 1, Name: hostile, ExternalID: hostile, Principal: hostile, ARN: hostile, StackRoleARN: hostile, AccountID: hostile,
				Region: hostile, State: provision.RoleRefused, Code: apperr.CloudRoleOpen, GroupID: 4,
			},
			Command: hostile, ARN: hostile, StackRoleARN: hostile, Region: hostile, Wrong: wrong{Field: "role", Error: apperr.Of(apperr.CloudRoleTaken)},
		},
		"eks-new": hostileWizard(now),
		"eks-run": hostileRun(now),
		"eks-delete": demolitionView{
			Run: provision.Run{ID: 1, Spec: hostileSpec(), Stuck: []string{hostile}}, Standing: true, Confirm: hostile,
			Inventory: provision.Inventory{
				Dependents: provision.Dependents{Balancers: []apperr.Untrusted{hostile}, Volumes: []apperr.Untrusted{hostile}},
				Billed:     []provision.Billed{{Kind: hostile, ID: hostile, USDMonth: 3}}, AsOf: now, Code: apperr.CloudPermissions,
			},
			Wrong: wrong{Field: "confirmation", Error: apperr.Of(apperr.ValidationFailed)},
		},
		"project": projectView{place: hostilePlace(), Environments: []environmentView{{
			Key: hostile, Environment: tenant.Environment{Name: hostile, Tier: hostile, ExternalURL: hostile}, Topics: "namespace/1",
			ReadyAt: &now, Namespace: hostile, ClusterName: hostile, ClusterHref: hostile, ShowPods: true,
			Profile: namespace.Restricted, Code: apperr.NamespaceForeign, Objects: []namespace.Object{{Kind: "Role", Name: hostile, Code: apperr.ClusterForbidden}},
			Pods: []podView{{workload.Pod{Name: hostile, Node: hostile, Reason: hostile}, status{"bad", hostile}}}, NoPods: hostile,
		}}},
	}
	maps.Copy(views, hostileTenancy(now))
	maps.Copy(views, hostileClusters(now))
	maps.Copy(views, hostileAccess(now))
	for name := range all {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			view, ok := views[name]
			if !ok {
				t.Fatal("this page has no fixture")
			}
			var out bytes.Buffer
			var err error
			if name == "options" { // a fragment, without a frame
				err = all[name].ExecuteTemplate(&out, name+".html", view)
			} else {
				err = all[name].Execute(&out, hostileFrame(name, view))
			}
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(out.String(), "<script>alert") || strings.Contains(out.String(), "<img src=x") {
				t.Errorf("hostile text is markup in:\n%s", out.String())
			}
		})
	}
}

func hostileFrame(name string, view any) frame {
	return frame{
		Title: hostile, Page: name, Path: hostile, SignedIn: true, Name: hostile, Where: hostile, View: view,
		Trail: []crumb{{hostile, hostile}}, Tabs: []tab{{hostile, hostile, true}},
	}
}

func hostileSpec() provision.Spec {
	return provision.Spec{
		Name: hostile, EnvironmentScope: hostile, Region: hostile, KubernetesVersion: hostile,
		Network: provision.Network{VPCID: hostile, SubnetIDs: []string{hostile}, SecurityGroupIDs: []string{hostile}},
		Nodes:   provision.NodePool{InstanceType: hostile}, Tags: map[string]string{hostile: hostile}, PublicCIDRs: []string{hostile},
	}
}

func hostileWizard(now time.Time) wizardView {
	role := provision.Role{ID: 1, Name: hostile, AccountID: hostile, Region: hostile}
	return wizardView{
		Roles: []provision.Role{role}, Role: &role, Form: formOf(1, hostileSpec()), Topic: hostile, Address: hostile, AsOf: now,
		Code: apperr.CloudPermissions, Wrong: wrong{Field: "VPC", Error: apperr.Of(apperr.ValidationFailed)},
		Offers: provision.Offers{Regions: []string{hostile}, InstanceTypes: []string{hostile}, Networks: []provision.OfferNetwork{{
			ID: hostile, Name: hostile, CIDR: hostile, Subnets: []provision.OfferSubnet{{ID: hostile, Name: hostile, Zone: hostile, Public: true}},
			SecurityGroups: []provision.OfferGroup{{ID: hostile, Name: hostile}},
		}}},
		Versions: []versionView{{Offer: provision.Offer{Version: hostile, Default: true}, EndsSoon: true, Chosen: true}},
	}
}

func hostileRun(now time.Time) runView {
	run := provision.Run{
		ID: 1, Spec: hostileSpec(), State: provision.Failing, Attempt: 2, CreatedBy: hostile, Stuck: []string{hostile},
		Failure: &provision.Failure{
			Code: apperr.CloudZones, ResourceType: hostile, Action: hostile, Zones: []string{hostile}, CorrelationID: hostile, NeedsCleanup: true,
		},
		Findings: []provision.Finding{{Check: hostile, Code: apperr.CloudQuota, Detail: []string{hostile}}},
		Plan:     &provision.Plan{Changes: []provision.Change{{LogicalID: hostile, Type: hostile, Action: hostile, Replaced: true}}},
	}
	view := viewOf(run, []provision.Logged{{Event: provision.Event{
		LogicalID: hostile, Type: hostile, Status: provision.PartFailed, Failure: &provision.Failure{Code: apperr.CloudQuota}, At: now,
	}}})
	view.Role, view.Next, view.Warning, view.Left = hostile, hostile, apperr.CloudNodesMissing, []provision.Billed{{Kind: hostile, ID: hostile}}
	view.CanCancel, view.CanRetry, view.CanDelete = true, true, true
	return view
}
