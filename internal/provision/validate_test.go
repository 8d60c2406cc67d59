package provision

import (
	"strings"
	"testing"

	"github.com/roadstead/roadstead/internal/apperr"
)

func fine() Spec {
	return Spec{
		Name: "orders", Region: "eu-west-1", KubernetesVersion: "1.36", Network: Network{Create: true},
		Nodes: NodePool{InstanceType: "m7i.large", Count: 3},
	}
}

func TestSpecIsFilledIn(t *testing.T) {
	t.Parallel()
	s := fine()
	if err := s.validate(); err != nil {
		t.Fatal(err)
	}
	if s.Version != SpecVersion || s.EnvironmentScope != "*" || s.Network.CIDR != "10.0.0.0/16" || s.Nodes.Architecture != AMD64 || s.Nodes.DiskGB != minDiskGB {
		t.Errorf("%+v", s)
	}
}

func TestSpecIsRefused(t *testing.T) {
	t.Parallel()
	existing := Network{VPCID: "vpc-0a1b2c3d", SubnetIDs: []string{"subnet-0a1b2c3d", "subnet-1a1b2c3d"}}
	for name, edit := range map[string]func(s *Spec){
		"no name":                    func(s *Spec) { s.Name = "" },
		"a name with a slash":        func(s *Spec) { s.Name = "a/b" },
		"a long name":                func(s *Spec) { s.Name = strings.Repeat("a", 101) },
		"no region":                  func(s *Spec) { s.Region = "somewhere" },
		"a patch version":            func(s *Spec) { s.KubernetesVersion = "1.36.1" },
		"no network":                 func(s *Spec) { s.Network = Network{} },
		"two networks":               func(s *Spec) { s.Network = existing; s.Network.Create = true },
		"one subnet":                 func(s *Spec) { s.Network = existing; s.Network.SubnetIDs = existing.SubnetIDs[:1] },
		"a security group's name":    func(s *Spec) { s.Network = existing; s.Network.SecurityGroupIDs = []string{"default"} },
		"a public range":             func(s *Spec) { s.Network.CIDR = "8.8.0.0/16" },
		"a small range":              func(s *Spec) { s.Network.CIDR = "10.0.0.0/24" },
		"an unknown architecture":    func(s *Spec) { s.Nodes.Architecture = "sparc" },
		"no type of machine":         func(s *Spec) { s.Nodes.InstanceType = "large" },
		"no machines":                func(s *Spec) { s.Nodes.Count = 0 },
		"a small disk":               func(s *Spec) { s.Nodes.DiskGB = 5 },
		"a reserved tag":             func(s *Spec) { s.Tags = map[string]string{"AWS:x": ""} },
		"a tag of ours":              func(s *Spec) { s.Tags = map[string]string{"roadstead:run": ""} },
		"an address for a network":   func(s *Spec) { s.PublicCIDRs = []string{"203.0.113.7/24"} },
		"a name instead of networks": func(s *Spec) { s.PublicCIDRs = []string{"office"} },
	} {
		s := fine()
		edit(&s)
		if err := s.validate(); apperr.CodeOf(err) != apperr.ValidationFailed {
			t.Errorf("%s: %v", name, err)
		}
	}
	s := fine()
	s.Network = existing
	if err := s.validate(); err != nil {
		t.Errorf("an existing network: %v", err)
	}
}

func TestUpgradeGoesOneMinorVersion(t *testing.T) {
	t.Parallel()
	for wanted, ok := range map[string]bool{"1.36": false, "1.37": true, "1.38": false, "1.35": false, "1.37.1": false, "": false} {
		if err := nextMinor("1.36", wanted); (err == nil) != ok {
			t.Errorf("1.36 to %q: %v", wanted, err)
		}
	}
}
