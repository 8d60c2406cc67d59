package app

import (
	"strings"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/application"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/eks"
	"github.com/roadstead/roadstead/internal/manifest"
	"github.com/roadstead/roadstead/internal/provision"
)

// accessPrinter prints the manifest of our own account in a cluster.
type accessPrinter struct{}

// ClusterAccess implements api.Manifests.
func (accessPrinter) ClusterAccess(features []string) ([]byte, error) {
	known, unknown := manifest.ParseFeatures(strings.Join(features, ","))
	if len(unknown) > 0 {
		return nil, apperr.Of(apperr.ValidationFailed).
			WithMessage("There is no such feature.").WithHint("Choose from namespaces, applications, live and guardrails.")
	}
	return manifest.YAML(manifest.ClusterAccess(known))
}

// Identity implements api.Manifests.
func (accessPrinter) Identity(spec cluster.IdentitySpec) ([]byte, error) {
	return manifest.YAML(manifest.Identity(spec))
}

// rightsPrinter prints what lets an application be installed.
type rightsPrinter struct{}

// RightsManifest implements application.RightsPrinter.
func (rightsPrinter) RightsManifest(e application.Entry, home string) (string, error) {
	text, err := manifest.YAML(manifest.ApplicationAccess(e, home))
	return string(text), err
}

// bootstrapPrinter prints what lets us into an account of AWS.
type bootstrapPrinter struct{ templateURL string }

// QuickCreate implements api.Bootstraps.
func (p bootstrapPrinter) QuickCreate(r provision.Role) string {
	if p.templateURL == "" {
		return ""
	}
	return eks.QuickCreate(p.templateURL, r)
}

// Template implements api.Bootstraps.
func (bootstrapPrinter) Template() []byte { return []byte(eks.BootstrapTemplate()) }

// Command implements api.Bootstraps.
func (bootstrapPrinter) Command(r provision.Role) string {
	return "aws cloudformation deploy --region " + r.Region + " --stack-name roadstead-bootstrap" +
		" --template-file bootstrap.yaml --capabilities CAPABILITY_NAMED_IAM" +
		" --parameter-overrides TrustedPrincipal=" + r.Principal + " ExternalId=" + r.ExternalID
}
