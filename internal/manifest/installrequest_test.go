package manifest_test

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/roadstead/roadstead/internal/application"
	"github.com/roadstead/roadstead/internal/manifest"
)

// TestInstallPodIsToldWhatToKeepFrom reads the request that the program gets.
func TestInstallPodIsToldWhatToKeepFrom(t *testing.T) {
	t.Parallel()
	secret, err := manifest.InstallSecret(manifest.InstallSpec{
		EgressRefuse: []netip.Prefix{netip.MustParsePrefix("8.8.8.0/24"), netip.MustParsePrefix("2620:fe::/48")},
		RunSpec:      application.RunSpec{Remaining: time.Minute, Operation: application.Operation{Action: application.Install}},
	}, metav1.OwnerReference{})
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, text := range secret.Data {
		all.Write(text)
	}
	if want := `"egress_refuse":["8.8.8.0/24","2620:fe::/48"]`; !strings.Contains(all.String(), want) {
		t.Errorf("the request lacks %s:\n%s", want, all.String())
	}
}
