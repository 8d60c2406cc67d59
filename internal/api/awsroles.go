package api

import (
	"context"
	"net/http"
	"time"

	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/provision"
)

// Provisions is what the API needs of clusters that we make.
type Provisions interface {
	ProvisionRoles
	ProvisionRuns
}

// ProvisionRoles are the roles that let us into accounts.
type ProvisionRoles interface {
	AddRole(ctx context.Context, r provision.NewRole) (provision.Role, error)
	RegisterRole(ctx context.Context, id int64, r provision.Registration) (provision.Role, error)
	VerifyRole(ctx context.Context, id int64) (provision.Role, error)
	RemoveRole(ctx context.Context, id int64) error
	Role(ctx context.Context, idOrName string) (provision.Role, error)
	RolesNamed(ctx context.Context, name string) ([]provision.Role, error)
	Roles(ctx context.Context, after int64, limit int) ([]provision.Role, error)
	Offers(ctx context.Context, roleID int64, region string) (provision.Form, provision.Offers, error)
}

// ProvisionRuns are the lives of clusters.
type ProvisionRuns interface {
	Create(ctx context.Context, o provision.Order) (provision.Run, error)
	Run(ctx context.Context, idOrName string) (provision.Run, error)
	RunsNamed(ctx context.Context, name string) ([]provision.Run, error)
	Runs(ctx context.Context, after int64, limit int) ([]provision.Run, error)
	Events(ctx context.Context, r provision.Run, after int64, limit int) ([]provision.Logged, error)
	Inventory(ctx context.Context, runID int64) (provision.Inventory, error)
	Cancel(ctx context.Context, id int64) (provision.Run, error)
	Retry(ctx context.Context, id int64) (provision.Run, error)
	Upgrade(ctx context.Context, id int64, version string) (provision.Run, error)
	Delete(ctx context.Context, id int64, d provision.Demolition) (provision.Run, error)
	Forget(ctx context.Context, id int64, confirm string) error
}

// Bootstraps prints what an account's administrator runs to let us in.
type Bootstraps interface {
	// Template is the CloudFormation template, Command what runs it for a role.
	Template() []byte
	Command(r provision.Role) string
	// QuickCreate opens the template in the account's console; empty when it was published nowhere.
	QuickCreate(r provision.Role) string
}

// AWSRole lets us into an account of AWS.
type AWSRole struct {
	ID             int64               `json:"id"`
	Name           string              `json:"name"`
	Level          cluster.Level       `json:"level" enum:"instance,group"`
	GroupID        int64               `json:"group_id,omitempty"`
	Region         string              `json:"region" doc:"Where the role is tried, and the default of clusters"`
	ExternalID     string              `json:"external_id" doc:"For the condition of the role's trust policy. It is no secret."`
	Principal      string              `json:"principal,omitempty" doc:"Our own account, which the role has to trust"`
	ARN            string              `json:"arn,omitempty"`
	StackRoleARN   string              `json:"stack_role_arn,omitempty"`
	AccountID      string              `json:"account_id,omitempty"`
	State          provision.RoleState `json:"state" enum:"draft,verifying,verified,refused"`
	Error          *Reason             `json:"error,omitempty" doc:"Why it was refused"`
	Command        string              `json:"command,omitempty" doc:"Makes the roles in the account, beside the template of /aws/bootstrap"`
	QuickCreateURL string              `json:"quick_create_url,omitempty" doc:"Opens the template in the console of AWS"`
	VerifiedAt     time.Time           `json:"verified_at,omitzero"`
	CreatedAt      time.Time           `json:"created_at"`
	Topic          string              `json:"topic" doc:"What to follow at /events"`
}

// NewAWSRole begins with a role.
type NewAWSRole struct {
	Name   string        `json:"name" maxLength:"64"`
	Level  cluster.Level `json:"level,omitempty" enum:"instance,group" default:"instance"`
	Group  string        `json:"group,omitempty" doc:"Id or full path, at level group"`
	Region string        `json:"region" example:"eu-west-1"`
}

// RegisterAWSRole names the roles that were made.
type RegisterAWSRole struct {
	ARN          string `json:"arn" maxLength:"2048" example:"arn:aws:iam::123456789012:role/roadstead/roadstead-provision"`
	StackRoleARN string `json:"stack_role_arn,omitempty" maxLength:"2048" doc:"That CloudFormation works as; recommended"`
	Region       string `json:"region,omitempty"`
}

type newAWSRoleInput struct {
	WaitInput
	Body NewAWSRole
}

// AWSRoleInput names a role.
type AWSRoleInput struct {
	Role string `path:"role" doc:"An id or a name"`
}

type showAWSRoleInput struct {
	AWSRoleInput
	WaitInput
}

type registerAWSRoleInput struct {
	AWSRoleInput
	WaitInput
	Body RegisterAWSRole
}

type offersInput struct {
	AWSRoleInput
	WaitInput
	Region string `query:"region" doc:"The role's if absent"`
}

// AWSOffers are what a cluster can be made of in a region.
type AWSOffers struct {
	provision.Offers

	Region    string          `json:"region"`
	AsOf      time.Time       `json:"as_of,omitzero" doc:"When AWS said so; absent before its first answer"`
	CheckedAt time.Time       `json:"checked_at,omitzero"`
	Error     *Reason         `json:"error,omitempty" doc:"Why the last look failed"`
	CostFloor provision.Floor `json:"cost_floor" doc:"What a cluster costs before any machine runs"`
	Topic     string          `json:"topic" doc:"What to follow at /events"`
}

func (h *Handler) mountAWSRoles(r router) {
	route(r, "GET /aws/roles", "list-aws-roles", "List the roles that let us into accounts of AWS",
		signedIn(), h.listAWSRoles)
	route(r, "POST /aws/roles", "add-aws-role", "Begin with a role: makes its external id",
		needsIn(h, auth.ManageRole, h.ofNewRole), h.addAWSRole, answers(http.StatusCreated))
	route(r, "GET /aws/roles/{role}", "show-aws-role", "Show a role",
		h.needs(auth.ReadRole, h.ofRole), h.showAWSRole)
	route(r, "PUT /aws/roles/{role}", "register-aws-role", "Give a role its ARN, and verify it",
		h.needs(auth.ManageRole, h.ofRole), h.registerAWSRole, answers(http.StatusAccepted))
	route(r, "POST /aws/roles/{role}/verify", "verify-aws-role", "Try a role again",
		h.needs(auth.ManageRole, h.ofRole), h.verifyAWSRole, answers(http.StatusAccepted))
	route(r, "DELETE /aws/roles/{role}", "remove-aws-role", "Forget a role that no cluster needs",
		h.needs(auth.ManageRole, h.ofRole), h.removeAWSRole)
	route(r, "GET /aws/roles/{role}/offers", "show-aws-offers", "Show what a cluster can be made of",
		h.needs(auth.ReadRole, h.ofRole), h.showOffers)
	route(r, "GET /aws/bootstrap", "show-aws-bootstrap", "Show the CloudFormation template that makes the roles",
		signedIn(), h.showBootstrap)
}

func (h *Handler) listAWSRoles(ctx context.Context, in *PageInput) (*pageOutput[AWSRole], error) {
	roles, err := visiblePage(ctx, h, *in, h.Provisions.Roles, func(r provision.Role) int64 { return r.ID }, auth.ReadRole, roleSubject)
	if err != nil {
		return nil, err
	}
	return newPage(*in, roles, func(r provision.Role) int64 { return r.ID }, h.viewAWSRole), nil
}

func (h *Handler) addAWSRole(ctx context.Context, in *newAWSRoleInput) (*result[AWSRole], error) {
	wanted := provision.NewRole{Name: in.Body.Name, Level: in.Body.Level, Region: in.Body.Region}
	owner, err := h.ofNewRole(ctx, in)
	if err != nil {
		return nil, err
	}
	wanted.GroupID = owner.GroupID
	role, err := h.Provisions.AddRole(ctx, wanted)
	if err != nil {
		return nil, err
	}
	known := func(r AWSRole) bool { return r.Principal != "" || r.Error != nil }
	shown, err := await(ctx, h, in.WaitInput, h.awsRole(role.ID, known))
	return &result[AWSRole]{http.StatusCreated, shown}, err
}

// ofNewRole is of whom a new role is.
func (h *Handler) ofNewRole(ctx context.Context, in *newAWSRoleInput) (auth.Subject, error) {
	if in.Body.Level != cluster.Group {
		return auth.Instance(), nil
	}
	group, err := h.Tenants.Group(ctx, in.Body.Group)
	return auth.Group(group.ID), err
}

func (h *Handler) showAWSRole(ctx context.Context, in *showAWSRoleInput) (*result[AWSRole], error) {
	shown, err := await(ctx, h, in.WaitInput, h.awsRole(found[provision.Role](ctx).ID, tried))
	return &result[AWSRole]{in.statusOf(tried(shown)), shown}, err
}

func tried(r AWSRole) bool { return r.State != provision.RoleVerifying }

func (h *Handler) registerAWSRole(ctx context.Context, in *registerAWSRoleInput) (*result[AWSRole], error) {
	role := found[provision.Role](ctx)
	if _, err := h.Provisions.RegisterRole(ctx, role.ID, provision.Registration(in.Body)); err != nil {
		return nil, err
	}
	return h.awaitTried(ctx, role.ID, in.WaitInput)
}

func (h *Handler) verifyAWSRole(ctx context.Context, in *showAWSRoleInput) (*result[AWSRole], error) {
	role := found[provision.Role](ctx)
	if _, err := h.Provisions.VerifyRole(ctx, role.ID); err != nil {
		return nil, err
	}
	return h.awaitTried(ctx, role.ID, in.WaitInput)
}

func (h *Handler) awaitTried(ctx context.Context, id int64, wait WaitInput) (*result[AWSRole], error) {
	shown, err := await(ctx, h, wait, h.awsRole(id, tried))
	if err == nil && wait.Wait != "" && tried(shown) {
		return &result[AWSRole]{http.StatusOK, shown}, nil
	}
	return &result[AWSRole]{http.StatusAccepted, shown}, err
}

func (h *Handler) removeAWSRole(ctx context.Context, _ *AWSRoleInput) (*body[AWSRole], error) {
	role := found[provision.Role](ctx)
	return &body[AWSRole]{h.viewAWSRole(role)}, h.Provisions.RemoveRole(ctx, role.ID)
}

func (h *Handler) showOffers(ctx context.Context, in *offersInput) (*result[AWSOffers], error) {
	role := found[provision.Role](ctx)
	if in.Region == "" {
		in.Region = role.Region
	}
	read := func(ctx context.Context) (AWSOffers, error) {
		form, offers, err := h.Provisions.Offers(ctx, role.ID, in.Region)
		return AWSOffers{
			Offers: offers, Region: in.Region, AsOf: form.AsOf, CheckedAt: form.CheckedAt, Error: reasonOf(form.Code),
			CostFloor: provision.CostFloor(), Topic: provision.FormTopic(role.ID, in.Region),
		}, err
	}
	done := func(o AWSOffers) bool { return !o.CheckedAt.IsZero() }
	shown, err := await(ctx, h, in.WaitInput, watched[AWSOffers]{
		topics: []string{provision.FormTopic(role.ID, in.Region)}, read: read, done: done,
	})
	return &result[AWSOffers]{in.statusOf(done(shown)), shown}, err
}

func (h *Handler) showBootstrap(context.Context, *struct{}) (*textOutput, error) {
	return &textOutput{"application/yaml", h.Bootstraps.Template()}, nil
}

func (h *Handler) awsRole(id int64, done func(AWSRole) bool) watched[AWSRole] {
	return watched[AWSRole]{
		topics: []string{provision.RolesTopic},
		read: func(ctx context.Context) (AWSRole, error) {
			role, err := h.Provisions.Role(ctx, itoa(id))
			return h.viewAWSRole(role), err
		},
		done: done,
	}
}

func (h *Handler) viewAWSRole(r provision.Role) AWSRole {
	shown := AWSRole{
		ID: r.ID, Name: r.Name, Level: r.Level, GroupID: r.GroupID, Region: r.Region, ExternalID: r.ExternalID,
		Principal: r.Principal, ARN: r.ARN, StackRoleARN: r.StackRoleARN, AccountID: r.AccountID, State: r.State,
		Error: reasonOf(r.Code), VerifiedAt: r.VerifiedAt, CreatedAt: r.CreatedAt, Topic: provision.RolesTopic,
	}
	if r.Principal != "" {
		shown.Command, shown.QuickCreateURL = h.Bootstraps.Command(r), h.Bootstraps.QuickCreate(r)
	}
	return shown
}
