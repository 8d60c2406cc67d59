package awstest

import (
	"slices"
	"strconv"
	"time"
)

// object is something of EC2: a network, a subnet, a volume and so on. Its fields are named like the filters for them.
type object struct {
	kind   string
	id     string
	fields map[string]string
	tags   map[string]string
}

// newRegion holds the network that every account has from its first day: three public subnets in three zones.
func newRegion(a *Account, name string) *region {
	r := &region{account: a, name: name, clusters: map[string]*cluster{}}
	vpc := r.add("vpc", "vpc-", map[string]string{"cidr": "172.31.0.0/16", "is-default": "true"}, nil)
	for i, zone := range zonesOf(name) {
		r.add("subnet", "subnet-", map[string]string{
			"vpc-id": vpc.id, "availability-zone": text(zone), "cidr": "172.31." + strconv.Itoa(16*i) + ".0/20",
			"map-public-ip-on-launch": "true", "available-ip-address-count": "4091", "state": "available",
		}, nil)
	}
	r.add("security-group", "sg-", map[string]string{
		"vpc-id": vpc.id, "group-name": "default", "description": "default VPC security group",
	}, nil)
	return r
}

func (r *region) add(kind, prefix string, fields, tags map[string]string) *object {
	made := &object{kind: kind, id: prefix + hexID(17), fields: fields, tags: tags}
	if made.tags == nil {
		made.tags = map[string]string{}
	}
	r.objects = append(r.objects, made)
	return made
}

func (r *region) remove(id string) {
	r.objects = slices.DeleteFunc(r.objects, func(o *object) bool { return o.id == id })
}

func (r *region) object(id string) *object {
	for _, o := range r.objects {
		if o.id == id {
			return o
		}
	}
	return nil
}

// networkKinds are the types of resource that a network is made of.
func networkKinds() map[string]kind {
	plain := func(create, remove time.Duration, what, prefix string, createOnly ...string) kind {
		return kind{
			create: create, remove: remove, action: "ec2:Create" + what, createOnly: createOnly,
			make: nameless(prefix),
		}
	}
	eip := plain(16*time.Second, 2*time.Second, "", "eip-", "Domain")
	eip.action = "ec2:AllocateAddress"
	eip.make = func(p *part, at time.Time) error {
		p.attributes["AllocationId"] = "eipalloc-" + hexID(17)
		p.id = "198.51.100.7"
		p.stack.region.add("address", "eipalloc-", map[string]string{"public-ip": p.id}, p.allTags()).id = p.attributes["AllocationId"]
		return nil
	}
	eip.unmake = func(p *part) { p.stack.region.remove(p.attributes["AllocationId"]) }
	attachment := plain(15*time.Second, 10*time.Second, "", "IGW|", "VpcId", "InternetGatewayId")
	attachment.action = "ec2:AttachInternetGateway"
	association := plain(2*time.Second, time.Second, "", "rtbassoc-", "SubnetId")
	association.action = "ec2:AssociateRouteTable"
	rule := plain(time.Second, time.Second, "", "sgr-")
	rule.action = "ec2:AuthorizeSecurityGroupIngress"
	return map[string]kind{
		"AWS::EC2::VPC":                         vpcKind(),
		"AWS::EC2::Subnet":                      subnetKind(),
		"AWS::EC2::SecurityGroup":               securityGroupKind(),
		"AWS::EC2::SecurityGroupIngress":        rule,
		"AWS::EC2::SecurityGroupEgress":         rule,
		"AWS::EC2::InternetGateway":             plain(16*time.Second, time.Second, "InternetGateway", "igw-"),
		"AWS::EC2::VPCGatewayAttachment":        attachment,
		"AWS::EC2::RouteTable":                  plain(11*time.Second, time.Second, "RouteTable", "rtb-", "VpcId"),
		"AWS::EC2::Route":                       plain(2*time.Second, time.Second, "Route", "r-", "RouteTableId", "DestinationCidrBlock"),
		"AWS::EC2::SubnetRouteTableAssociation": association,
		"AWS::EC2::EIP":                         eip,
		"AWS::EC2::NatGateway":                  plain(100*time.Second, 60*time.Second, "NatGateway", "nat-", "SubnetId", "AllocationId"),
		"AWS::EC2::LaunchTemplate":              plain(3*time.Second, time.Second, "LaunchTemplate", "lt-"),
	}
}

func vpcKind() kind {
	return kind{
		create: 12 * time.Second, remove: 2 * time.Second, action: "ec2:CreateVpc", createOnly: []string{"CidrBlock"},
		make: func(p *part, _ time.Time) error {
			r := p.stack.region
			made := r.add("vpc", "vpc-", map[string]string{"cidr": p.property("CidrBlock"), "is-default": "false"}, p.allTags())
			group := r.add("security-group", "sg-", map[string]string{"vpc-id": made.id, "group-name": "default"}, nil)
			p.id = made.id
			p.attributes["VpcId"], p.attributes["CidrBlock"] = made.id, p.property("CidrBlock")
			p.attributes["DefaultSecurityGroup"] = group.id
			return nil
		},
		removing: func(p *part) string { return p.occupied("vpc-id") },
		unmake: func(p *part) {
			r := p.stack.region
			r.remove(p.attributes["DefaultSecurityGroup"])
			r.remove(p.id)
		},
	}
}

// occupied is why a network or subnet cannot go: somebody else's interfaces or groups are in it.
func (p *part) occupied(field string) string {
	for _, o := range p.stack.region.objects {
		if o.fields[field] == p.id && (o.kind == "network-interface" || o.kind == "security-group" && o.fields["group-name"] != "default") {
			return usualReason(p.declared.kind, Deleting)
		}
	}
	return ""
}

func subnetKind() kind {
	return kind{
		create: 3 * time.Second, remove: 2 * time.Second, action: "ec2:CreateSubnet",
		createOnly: []string{"VpcId", "AvailabilityZone", "CidrBlock"},
		make: func(p *part, _ time.Time) error {
			made := p.stack.region.add("subnet", "subnet-", map[string]string{
				"vpc-id": p.property("VpcId"), "availability-zone": p.property("AvailabilityZone"), "cidr": p.property("CidrBlock"),
				"map-public-ip-on-launch":    fallback(p.property("MapPublicIpOnLaunch"), "false"),
				"available-ip-address-count": "16379", "state": "available",
			}, p.allTags())
			p.id = made.id
			p.attributes["SubnetId"], p.attributes["AvailabilityZone"] = made.id, p.property("AvailabilityZone")
			return nil
		},
		removing: func(p *part) string { return p.occupied("subnet-id") },
		unmake:   func(p *part) { p.stack.region.remove(p.id) },
	}
}

func securityGroupKind() kind {
	return kind{
		create: 5 * time.Second, remove: 2 * time.Second, action: "ec2:CreateSecurityGroup",
		createOnly: []string{"GroupName", "GroupDescription", "VpcId"},
		make: func(p *part, _ time.Time) error {
			made := p.stack.region.add("security-group", "sg-", map[string]string{
				"vpc-id": p.property("VpcId"), "group-name": fallback(p.property("GroupName"), p.generated(255)),
				"description": p.property("GroupDescription"),
			}, p.allTags())
			p.id = made.id
			p.attributes["GroupId"], p.attributes["VpcId"] = made.id, p.property("VpcId")
			return nil
		},
		unmake: func(p *part) { p.stack.region.remove(p.id) },
	}
}
