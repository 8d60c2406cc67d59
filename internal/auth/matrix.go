package auth

import "github.com/roadstead/roadstead/internal/tenant"

// Who says which callers may do something to the instance as a whole.
type Who string

// The callers that the instance tells apart.
const (
	Nobody        Who = ""
	Everybody     Who = "everybody" // who is signed in
	Administrator Who = "administrator"
)

// Rule is one row of the permission matrix. Administrators of the instance may
// do everything; a role of zero means that nobody else may.
type Rule struct {
	Ability Ability
	// For says what the ability is for, as a sentence without its subject.
	For string
	// Reads is set when it changes nothing: a token of scope read_api will do.
	Reads bool
	// Group and Project are the least roles there.
	Group, Project tenant.Role
	// Instance is who may do it to the whole instance, Nobody when it has no meaning there.
	Instance Who
}

// Matrix returns the rule of every ability: the one place that says who may do
// what. Roles are inherited from a group by all that is in it.
func Matrix() []Rule {
	const (
		none, guest, reporter        = tenant.NoRole, tenant.Guest, tenant.Reporter
		developer, maintainer, owner = tenant.Developer, tenant.Maintainer, tenant.Owner
		nobody, all, admin           = Nobody, Everybody, Administrator
	)
	const read, write = true, false
	return []Rule{
		{ReadGroup, "See a group.", read, guest, none, nobody},
		{CreateGroup, "Make a group in a group, or a top-level group.", write, maintainer, none, admin},
		{UpdateGroup, "Rename and describe a group.", write, owner, none, nobody},
		{DeleteGroup, "Delete an empty group.", write, owner, none, nobody},
		{ReadProject, "See a project.", read, guest, guest, nobody},
		{CreateProject, "Make a project in a group.", write, maintainer, none, nobody},
		{UpdateProject, "Rename and describe a project.", write, none, maintainer, nobody},
		{DeleteProject, "Delete a project.", write, none, owner, nobody},
		{ReadMembers, "See who is a member, and with which role.", read, guest, guest, nobody},
		{AdminMembers, "Add, change and remove members, up to one's own role.", write, owner, maintainer, nobody},
		{ReadTokens, "See the access tokens of a group or project, without their secrets.", read, owner, maintainer, nobody},
		{ManageTokens, "Make and revoke the access tokens of a group or project.", write, owner, maintainer, nobody},
		{ReadAudit, "Read the audit events.", read, owner, owner, admin},

		{ReadEnvironment, "See a project's environments.", read, reporter, reporter, nobody},
		{CreateEnvironment, "Make an environment.", write, none, developer, nobody},
		{UpdateEnvironment, "Change an environment's tier and address.", write, none, developer, nobody},
		{StopEnvironment, "Stop and start an environment.", write, none, developer, nobody},
		{DeleteEnvironment, "Delete a stopped environment.", write, none, developer, nobody},
		{ReadNamespace, "See a project's namespaces in clusters, and their state.", read, reporter, reporter, admin},
		{CreateNamespace, "Have the namespace of an environment made.", write, none, developer, nobody},
		{DeleteNamespace, "Delete a namespace with all that is in it.", write, none, maintainer, nobody},
		{CreateCredential, "Get short-lived credentials for a namespace.", write, none, developer, nobody},
		{ReadLive, "See pods, rollouts, events and logs of a project's namespaces.", read, developer, developer, admin},

		{ReadCluster, "See a cluster of this level, its connection and its live state.", read, maintainer, maintainer, admin},
		{AddCluster, "Attach a cluster, or receive one that is granted.", write, maintainer, maintainer, admin},
		{UpdateCluster, "Change, enable and disable a cluster, and have it checked.", write, maintainer, maintainer, admin},
		{AdminCluster, "Detach a cluster and clean up what is left in it.", write, maintainer, maintainer, admin},
		{GrantCluster, "Grant a cluster of this level to other groups.", write, maintainer, none, admin},
		{ExplainCluster, "Ask which cluster an environment gets, and why.", read, none, developer, nobody},
		{ReadApplication, "See the applications of a cluster, their operations and logs.", read, maintainer, maintainer, admin},
		{ManageApplication, "Install, upgrade, roll back and uninstall applications.", write, maintainer, maintainer, admin},
		{ReadRole, "See the roles that let Roadstead into accounts at AWS.", read, maintainer, none, admin},
		{ManageRole, "Add, verify and remove roles at AWS.", write, maintainer, none, admin},
		{ReadRun, "See how clusters on Amazon EKS are made.", read, maintainer, none, admin},
		{ManageRun, "Make and delete clusters on Amazon EKS.", write, maintainer, none, admin},

		{ReadInstance, "See the version and the catalogue.", read, none, none, all},
		{ReadSettings, "See the settings of the instance.", read, none, none, admin},
		{ManageInstance, "Change the settings of the instance and its stored catalog.", write, none, none, admin},
		{ReadUsers, "Find users by name.", read, none, none, all},
		{ManageUsers, "Make, block and unblock users, and make administrators.", write, none, none, admin},
		{ManageServiceTokens, "Make service users and their access tokens.", write, none, none, admin},
	}
}
