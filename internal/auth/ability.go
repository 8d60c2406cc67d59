package auth

// Ability is something that a caller may or may not do to a subject. The table
// in matrix.go says who may.
type Ability string

// Groups, projects and who belongs to them.
const (
	ReadGroup     Ability = "read_group"
	CreateGroup   Ability = "create_group"
	UpdateGroup   Ability = "update_group"
	DeleteGroup   Ability = "delete_group"
	ReadProject   Ability = "read_project"
	CreateProject Ability = "create_project"
	UpdateProject Ability = "update_project"
	DeleteProject Ability = "delete_project"
	ReadMembers   Ability = "read_members"
	AdminMembers  Ability = "admin_members"
	ReadTokens    Ability = "read_tokens"
	ManageTokens  Ability = "manage_tokens"
	ReadAudit     Ability = "read_audit"
)

// Environments, and what a project has in a cluster.
const (
	ReadEnvironment   Ability = "read_environment"
	CreateEnvironment Ability = "create_environment"
	UpdateEnvironment Ability = "update_environment"
	StopEnvironment   Ability = "stop_environment"
	DeleteEnvironment Ability = "delete_environment"
	ReadNamespace     Ability = "read_namespace"
	CreateNamespace   Ability = "create_namespace"
	DeleteNamespace   Ability = "delete_namespace"
	CreateCredential  Ability = "create_credential"
	ReadLive          Ability = "read_live"
)

// Clusters, what runs in them for everybody, and clusters made in a cloud.
const (
	ReadCluster       Ability = "read_cluster"
	AddCluster        Ability = "add_cluster"
	UpdateCluster     Ability = "update_cluster"
	AdminCluster      Ability = "admin_cluster"
	GrantCluster      Ability = "grant_cluster"
	ExplainCluster    Ability = "explain_cluster"
	ReadApplication   Ability = "read_application"
	ManageApplication Ability = "manage_application"
	ReadRole          Ability = "read_role"
	ManageRole        Ability = "manage_role"
	ReadRun           Ability = "read_run"
	ManageRun         Ability = "manage_run"
)

// The instance.
const (
	ReadInstance        Ability = "read_instance"
	ReadSettings        Ability = "read_settings"
	ManageInstance      Ability = "manage_instance"
	ReadUsers           Ability = "read_users"
	ManageUsers         Ability = "manage_users"
	ManageServiceTokens Ability = "manage_service_tokens"
)
