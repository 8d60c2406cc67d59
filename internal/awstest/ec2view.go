package awstest

import (
	"encoding/xml"
	"fmt"
	"strconv"
)

// MarshalXML writes a list under its name, and the token of the next page beside it.
func (e element) MarshalXML(encoder *xml.Encoder, start xml.StartElement) error {
	type items struct {
		Item []any `xml:"item"`
	}
	if err := encoder.EncodeToken(start); err != nil {
		return fmt.Errorf("encode a list: %w", err)
	}
	if err := encoder.EncodeElement(items{e.items}, xml.StartElement{Name: xml.Name{Local: e.set}}); err != nil {
		return fmt.Errorf("encode a list: %w", err)
	}
	if e.next != "" {
		if err := encoder.EncodeElement(e.next, xml.StartElement{Name: xml.Name{Local: "nextToken"}}); err != nil {
			return fmt.Errorf("encode a token: %w", err)
		}
	}
	if err := encoder.EncodeToken(start.End()); err != nil {
		return fmt.Errorf("encode a list: %w", err)
	}
	return nil
}

type ec2Tag struct {
	Key   string `xml:"key"`
	Value string `xml:"value"`
}

func ec2Tags(tags map[string]string) []ec2Tag {
	var list []ec2Tag
	for _, tag := range tagList(tags) {
		list = append(list, ec2Tag(tag))
	}
	return list
}

func vpcView(r *region, o *object) any {
	return struct {
		ID        string   `xml:"vpcId"`
		Owner     string   `xml:"ownerId"`
		State     string   `xml:"state"`
		CIDR      string   `xml:"cidrBlock"`
		IsDefault string   `xml:"isDefault"`
		Tags      []ec2Tag `xml:"tagSet>item"`
	}{o.id, r.account.id, "available", o.fields["cidr"], o.fields["is-default"], ec2Tags(o.tags)}
}

func subnetView(_ *region, o *object) any {
	return struct {
		ID     string   `xml:"subnetId"`
		VPC    string   `xml:"vpcId"`
		State  string   `xml:"state"`
		CIDR   string   `xml:"cidrBlock"`
		Zone   string   `xml:"availabilityZone"`
		Free   string   `xml:"availableIpAddressCount"`
		Public string   `xml:"mapPublicIpOnLaunch"`
		Tags   []ec2Tag `xml:"tagSet>item"`
	}{
		o.id, o.fields["vpc-id"], "available", o.fields["cidr"], o.fields["availability-zone"],
		o.fields["available-ip-address-count"], o.fields["map-public-ip-on-launch"], ec2Tags(o.tags),
	}
}

func groupView(r *region, o *object) any {
	return struct {
		ID          string   `xml:"groupId"`
		Name        string   `xml:"groupName"`
		Description string   `xml:"groupDescription"`
		VPC         string   `xml:"vpcId"`
		Owner       string   `xml:"ownerId"`
		Tags        []ec2Tag `xml:"tagSet>item"`
	}{o.id, o.fields["group-name"], o.fields["description"], o.fields["vpc-id"], r.account.id, ec2Tags(o.tags)}
}

func volumeView(_ *region, o *object) any {
	return struct {
		ID     string   `xml:"volumeId"`
		Size   string   `xml:"size"`
		Zone   string   `xml:"availabilityZone"`
		Type   string   `xml:"volumeType"`
		Status string   `xml:"status"`
		Tags   []ec2Tag `xml:"tagSet>item"`
	}{o.id, o.fields["size"], o.fields["availability-zone"], "gp3", "available", ec2Tags(o.tags)}
}

func interfaceView(_ *region, o *object) any {
	type group struct {
		ID string `xml:"groupId"`
	}
	return struct {
		ID          string   `xml:"networkInterfaceId"`
		VPC         string   `xml:"vpcId"`
		Subnet      string   `xml:"subnetId"`
		Status      string   `xml:"status"`
		Description string   `xml:"description"`
		Groups      []group  `xml:"groupSet>item"`
		Tags        []ec2Tag `xml:"tagSet>item"`
	}{
		o.id, o.fields["vpc-id"], o.fields["subnet-id"], o.fields["status"], o.fields["description"],
		[]group{{o.fields["group-id"]}},
		ec2Tags(o.tags),
	}
}

func addressView(_ *region, o *object) any {
	return struct {
		ID     string   `xml:"allocationId"`
		IP     string   `xml:"publicIp"`
		Domain string   `xml:"domain"`
		Tags   []ec2Tag `xml:"tagSet>item"`
	}{o.id, o.fields["public-ip"], "vpc", ec2Tags(o.tags)}
}

func keyView(_ *region, o *object) any {
	return struct {
		ID   string   `xml:"keyPairId"`
		Name string   `xml:"keyName"`
		Tags []ec2Tag `xml:"tagSet>item"`
	}{o.id, o.fields["key-name"], ec2Tags(o.tags)}
}

// describeInstances shows the machines of node groups.
func describeInstances(x *exchange) (any, error) {
	type view struct {
		ID    string   `xml:"instanceId"`
		Type  string   `xml:"instanceType"`
		State string   `xml:"instanceState>name"`
		Tags  []ec2Tag `xml:"tagSet>item"`
	}
	type reservation struct {
		ID        string `xml:"reservationId"`
		Instances []view `xml:"instancesSet>item"`
	}
	var items []any
	for _, name := range namesIn(x.region.clusters) {
		for _, group := range x.region.clusters[name].groups {
			o := &object{kind: "instance", fields: map[string]string{"instance-state-name": "running"}, tags: map[string]string{
				"kubernetes.io/cluster/" + name: "owned", "eks:cluster-name": name, "eks:nodegroup-name": group.name,
			}}
			if !x.filtered(o.field) {
				continue
			}
			for i := range group.count {
				id := "i-" + group.arn[len(group.arn)-8:] + "00000000" + strconv.Itoa(i)
				items = append(items, reservation{"r-" + id[2:], []view{{id, append(group.types, "m6i.large")[0], "running", ec2Tags(o.tags)}}})
			}
		}
	}
	return x.ec2Page("reservationSet", items)
}
