package provision

// Spec is the cluster that somebody wants. Its JSON form is stored with the run.
type Spec struct {
	// Version of this form.
	Version int `json:"version"`

	// Name is the cluster's, in the cloud and with us.
	Name             string `json:"name"`
	EnvironmentScope string `json:"environment_scope"`
	Region           string `json:"region"`
	// KubernetesVersion is a minor version such as "1.36".
	KubernetesVersion string `json:"kubernetes_version"`

	Network Network           `json:"network"`
	Nodes   NodePool          `json:"nodes"`
	Tags    map[string]string `json:"tags,omitempty"` // the customer's own, at most 40

	// PublicCIDRs may reach the API server from the internet. Empty allows every address.
	PublicCIDRs []string `json:"public_cidrs,omitempty"`
	// KeepFailed leaves what was made when the creation fails, for somebody to look at. It costs until deleted.
	KeepFailed bool `json:"keep_failed,omitempty"`
}

// Network is where the cluster's machines live: a network that exists, or one that is made with the cluster.
type Network struct {
	Create bool `json:"create,omitempty"`
	// VPCID and SubnetIDs, of two zones or more, name an existing network. SecurityGroupIDs may be empty.
	VPCID            string   `json:"vpc_id,omitempty"`
	SubnetIDs        []string `json:"subnet_ids,omitempty"`
	SecurityGroupIDs []string `json:"security_group_ids,omitempty"`
	// CIDR is the address range of a network to be made.
	CIDR string `json:"cidr,omitempty"`
}

// NodePool is a group of machines.
type NodePool struct {
	Architecture Architecture `json:"architecture"`
	InstanceType string       `json:"instance_type"`
	Count        int          `json:"count"`
	DiskGB       int          `json:"disk_gb"`
}

// Architecture is that of a machine's processor.
type Architecture string

// The architectures.
const (
	AMD64 Architecture = "amd64"
	ARM64 Architecture = "arm64"
)
