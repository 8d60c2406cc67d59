package eks_test

import (
	"testing"

	"github.com/roadstead/roadstead/internal/eks"
	"github.com/roadstead/roadstead/internal/provision"
)

func TestQuickCreateFillsInTheParameters(t *testing.T) {
	t.Parallel()
	role := provision.Role{Region: "eu-west-1", Principal: "111122223333", ExternalID: "0a1b"}
	got := eks.QuickCreate("https://b.s3.amazonaws.com/t.yaml", role)
	want := "https://console.aws.amazon.com/cloudformation/home?region=eu-west-1#/stacks/quickcreate?" +
		"param_ExternalId=0a1b&param_TrustedPrincipal=111122223333&stackName=roadstead-bootstrap&" +
		"templateURL=https%3A%2F%2Fb.s3.amazonaws.com%2Ft.yaml"
	if got != want {
		t.Errorf("QuickCreate = %s\nwant %s", got, want)
	}
}
