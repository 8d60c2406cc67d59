package eks

import (
	"net/url"

	"github.com/roadstead/roadstead/internal/provision"
)

// QuickCreate is the address that opens the bootstrap template in the console of AWS with its parameters filled in. The
// template has to be published in S3: the console takes no other.
func QuickCreate(templateURL string, r provision.Role) string {
	query := url.Values{
		"templateURL": {templateURL}, "stackName": {"roadstead-bootstrap"},
		"param_TrustedPrincipal": {r.Principal}, "param_ExternalId": {r.ExternalID},
	}
	return "https://console.aws.amazon.com/cloudformation/home?region=" + url.QueryEscape(r.Region) +
		"#/stacks/quickcreate?" + query.Encode()
}
