package provision

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// SpecVersion is that of specs made now.
const SpecVersion = 1

// Bounds of a wish. A managed node group holds at most 450 machines by the cloud's default quota.
const (
	maxNodes   = 450
	minDiskGB  = 20
	maxDiskGB  = 16_384
	maxTags    = 40
	maxSubnets = 16
	maxCIDRs   = 40
)

var (
	// The cloud's own rule for the names of clusters.
	clusterName  = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z_-]{0,99}$`)
	minorVersion = regexp.MustCompile(`^1\.([0-9]{2})$`)
	instanceType = regexp.MustCompile(`^[a-z][a-z0-9-]{0,30}\.[a-z0-9-]{1,30}$`)
	vpcID        = regexp.MustCompile(`^vpc-[0-9a-f]{8,17}$`)
	subnetID     = regexp.MustCompile(`^subnet-[0-9a-f]{8,17}$`)
	groupID      = regexp.MustCompile(`^sg-[0-9a-f]{8,17}$`)
	tagKey       = regexp.MustCompile(`^[\pL\pN _.:/=+@-]{1,128}$`)
)

// validate fills in defaults and refuses what cannot be made.
func (s *Spec) validate() error {
	s.Version = SpecVersion
	if s.EnvironmentScope == "" {
		s.EnvironmentScope = "*"
	}
	if !clusterName.MatchString(s.Name) {
		return invalid("name", "A name has letters, digits, - and _, begins with a letter or digit, and has at most 100 characters.")
	}
	if err := checkRegion(s.Region); err != nil {
		return err
	}
	if !minorVersion.MatchString(s.KubernetesVersion) {
		return invalid("Kubernetes version", "Give a minor version such as 1.36.")
	}
	for _, check := range []func() error{s.Network.validate, s.Nodes.validate, s.validateTags, s.validateCIDRs} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func (n *Network) validate() error {
	if n.Create {
		if n.CIDR == "" {
			n.CIDR = "10.0.0.0/16"
		}
		prefix, err := netip.ParsePrefix(n.CIDR)
		if err != nil || !prefix.Addr().Is4() || !prefix.Addr().IsPrivate() || prefix.Bits() < 16 || prefix.Bits() > 20 {
			return invalid("network's CIDR", "Give a private IPv4 range between /16 and /20, such as 10.0.0.0/16.")
		}
		if n.VPCID != "" || len(n.SubnetIDs) > 0 {
			return invalid("network", "Name an existing network, or have one made, not both.")
		}
		return nil
	}
	if !vpcID.MatchString(n.VPCID) {
		return invalid("VPC", "Give its id, such as vpc-0a1b2c3d4e5f60718, or have one made.")
	}
	if len(n.SubnetIDs) < 2 || len(n.SubnetIDs) > maxSubnets || !allMatch(n.SubnetIDs, subnetID) {
		return invalid("list of subnets", "Give the ids of 2 to 16 subnets in two zones or more.")
	}
	if !allMatch(n.SecurityGroupIDs, groupID) {
		return invalid("list of security groups", "Give ids such as sg-0a1b2c3d4e5f60718.")
	}
	return nil
}

func allMatch(texts []string, form *regexp.Regexp) bool {
	return !slices.ContainsFunc(texts, func(t string) bool { return !form.MatchString(t) })
}

func (n *NodePool) validate() error {
	if n.Architecture == "" {
		n.Architecture = AMD64
	}
	if n.DiskGB == 0 {
		n.DiskGB = minDiskGB
	}
	switch {
	case n.Architecture != AMD64 && n.Architecture != ARM64:
		return invalid("architecture", "Choose amd64 or arm64.")
	case !instanceType.MatchString(n.InstanceType):
		return invalid("type of machine", "Give an instance type such as m7i.large.")
	case n.Count < 1 || n.Count > maxNodes:
		return invalid("number of machines", "Choose 1 to 450.")
	case n.DiskGB < minDiskGB || n.DiskGB > maxDiskGB:
		return invalid("size of disks", "Choose 20 to 16384 GB.")
	}
	return nil
}

func (s *Spec) validateTags() error {
	if len(s.Tags) > maxTags {
		return invalid("list of tags", "At most 40 tags.")
	}
	for key, value := range s.Tags {
		reserved := strings.HasPrefix(strings.ToLower(key), "aws:") || strings.HasPrefix(key, "roadstead:")
		if reserved || !tagKey.MatchString(key) || len(value) > 256 {
			return invalid("list of tags", "Keys have at most 128 characters and begin with neither aws: nor roadstead:, values at most 256.")
		}
	}
	return nil
}

func (s *Spec) validateCIDRs() error {
	if len(s.PublicCIDRs) > maxCIDRs {
		return invalid("list of allowed networks", "At most 40.")
	}
	for _, text := range s.PublicCIDRs {
		if prefix, err := netip.ParsePrefix(text); err != nil || prefix != prefix.Masked() {
			return invalid("list of allowed networks", "Give networks such as 203.0.113.0/24.")
		}
	}
	return nil
}

// nextMinor refuses everything but the minor version after the present one, which is all that the cloud does.
func nextMinor(present, wanted string) error {
	from, to := minorVersion.FindStringSubmatch(present), minorVersion.FindStringSubmatch(wanted)
	if from == nil || to == nil {
		return invalid("Kubernetes version", "Give a minor version such as 1.36.")
	}
	a, _ := strconv.Atoi(from[1]) // digits, by the pattern
	b, _ := strconv.Atoi(to[1])
	if b != a+1 {
		return invalid("Kubernetes version", fmt.Sprintf("An upgrade goes one minor version at a time: to 1.%d.", a+1))
	}
	return nil
}
