package e2e_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/roadstead/roadstead/internal/awstest"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/provision"
	"github.com/roadstead/roadstead/internal/storetest"
	"github.com/roadstead/roadstead/internal/tenant"
)

// scaleEvents tell of the stack of a cluster on Amazon EKS.
const scaleEvents = 80

// sights are what the routes with names in them are asked about.
type sights struct {
	group   tenant.Group
	project tenant.Project // in the group
	user    int64          // a direct member of both
	granted tenant.Group   // has the group's cluster
	// environment is one of the project's, with a namespace in the group's cluster.
	environment   string
	environmentID int64
	// Clusters of the instance, the group and the project.
	shared, groups, projects int64
	app                      string // in the group's cluster
	operation, role, run     int64
}

// choose takes names that no other test has in the shared cluster.
func choose(org storetest.Organisation) sights {
	return sights{
		group: org.Groups[60], project: org.Projects[len(org.Groups)+60], granted: org.Groups[70], user: org.Users[2],
		environment: unique("scale"), app: unique("scale"),
	}
}

// furnish makes what the sights lack, as people would: members, clusters that
// answer, a grant, a namespace, an application.
func (o *organisation) furnish(b *testing.B) {
	b.Helper()
	s := &o.names
	group, project := decimal(s.group.ID), decimal(s.project.ID)
	o.command(b, "member", "add", decimal(s.user), "--group", group, "--role", "developer")
	o.command(b, "member", "add", decimal(s.user), "--project", project, "--role", "maintainer")
	s.shared = o.attach(b, "scale-shared", "--instance", "--environment-scope", "nothing")
	s.groups = o.attach(b, "scale-group", "--group", group)
	s.projects = o.attach(b, "scale-project", "--project", project, "--environment-scope", "production")
	o.command(b, "cluster", "grant", "scale-group", "--group", decimal(s.granted.ID))
	s.environmentID = o.command(b, "environment", "create", s.environment, "--project", project)
	o.command(b, "namespace", "ensure", "--project", project, "--environment", s.environment)
	s.operation = o.command(b, "app", "install", s.app, "--cluster", "scale-group")
}

// attach attaches the shared cluster somewhere and waits for its first check.
func (o *organisation) attach(b *testing.B, name string, where ...string) int64 {
	b.Helper()
	args := slices.DeleteFunc(o.attachArgs(b, name), func(arg string) bool { return arg == "--instance" })
	return o.command(b, append(args, where...)...)
}

// command runs a command to its end and returns the id of what it shows.
func (o *organisation) command(b *testing.B, args ...string) int64 {
	b.Helper()
	out, err := o.cli(b.Context(), append(args, "-o", "json")...)
	if err != nil {
		b.Fatal(err)
	}
	var shown struct{ ID int64 }
	if err := json.Unmarshal([]byte(out), &shown); err != nil {
		b.Fatalf("%s shows %s: %v", strings.Join(args, " "), out, err)
	}
	return shown.ID
}

// useFakeAWS has the server ask a fake AWS, which knows nobody, for what forms offer.
func (o *organisation) useFakeAWS(b *testing.B) {
	b.Helper()
	cloud := awstest.Start(b, awstest.Config{})
	keys, err := cloud.Account(ourAccount).AddUser("roadstead", ourPolicy)
	if err != nil {
		b.Fatal(err)
	}
	o.env = append(o.env, "ROADSTEAD_AWS_ENDPOINT="+cloud.Endpoint(),
		"ROADSTEAD_AWS_ACCESS_KEY_ID="+keys.AccessKeyID, "ROADSTEAD_AWS_SECRET_ACCESS_KEY="+keys.SecretAccessKey)
}

// seedCloud makes a group's verified role at AWS and a cluster on Amazon EKS
// that is ready: a real one takes the benchmark's whole time.
func seedCloud(b *testing.B, store provision.Store, groupID int64) (roleID, runID int64) {
	b.Helper()
	now := time.Now()
	err := store.Atomically(b.Context(), func(tx provision.Tx) error {
		role, err := tx.InsertRole(b.Context(), provision.Role{
			Level: cluster.Group, GroupID: groupID, Name: "customer", Region: home, State: provision.RoleVerified, VerifiedAt: now,
			ExternalID: "scale", AccountID: customerAccount, Partition: "aws", ARN: "arn:aws:iam::" + customerAccount + ":role/roadstead/provision",
			CreatedAt: now, UpdatedAt: now,
		})
		if err != nil {
			return err
		}
		reserved, err := tx.NextClusterID(b.Context())
		if err != nil {
			return err
		}
		run, err := tx.InsertRun(b.Context(), provision.Run{
			UUID: "scale", RoleID: role.ID, Level: cluster.Group, GroupID: groupID, ClusterID: reserved, State: provision.Ready, Attempt: 1,
			Spec:    provision.Spec{Version: 1, Name: "orders", Region: home, KubernetesVersion: "1.35", Network: provision.Network{Create: true}},
			StackID: "arn:aws:cloudformation:" + home + ":" + customerAccount + ":stack/scale/1",
			Since:   now, CreatedAt: now, UpdatedAt: now, ReadyAt: now, Took: 15 * time.Minute,
		})
		if err != nil {
			return err
		}
		roleID, runID = role.ID, run.ID
		return tx.AppendEvents(b.Context(), run.ID, 1, stackEvents(now))
	})
	if err != nil {
		b.Fatal(err)
	}
	return roleID, runID
}

// stackEvents say of every part of a stack that it was begun, and then that it was made.
func stackEvents(now time.Time) (events []provision.Event) {
	for i := range scaleEvents {
		status := provision.PartCreating
		if i >= scaleEvents/2 {
			status = provision.PartCreated
		}
		events = append(events, provision.Event{
			ID: strconv.Itoa(i), At: now, LogicalID: fmt.Sprintf("Part%d", i%(scaleEvents/2)), Type: "AWS::EC2::Subnet", Status: status,
		})
	}
	return events
}
