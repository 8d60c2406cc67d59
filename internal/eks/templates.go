package eks

import _ "embed"

// The templates of CloudFormation. The cluster's is sent with each request, so it has to stay under 51,200 bytes.
var (
	//go:embed templates/cluster.yaml
	clusterTemplate string
	//go:embed templates/bootstrap.yaml
	bootstrapTemplate string
	//go:embed templates/stack-policy.json
	stackPolicy string
)

// BootstrapTemplate makes the two roles that we need, in an account of a customer's. Its parameters are TrustedPrincipal,
// ExternalId and Name, its outputs ProvisionRoleArn and StackRoleArn. It needs CAPABILITY_NAMED_IAM.
func BootstrapTemplate() string { return bootstrapTemplate }
