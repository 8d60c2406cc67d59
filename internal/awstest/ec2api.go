package awstest

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

func ec2Operations() map[string]operation {
	operations := map[string]operation{
		"DescribeRegions":               {do: describeRegions},
		"DescribeAvailabilityZones":     {do: describeZones},
		"DescribeInstanceTypeOfferings": {do: describeOfferings},
		"DescribeInstanceTypes":         {do: describeTypes},
		"DescribeAccountAttributes":     {do: describeAttributes},
		"DescribeInstances":             {do: describeInstances},
	}
	for name, list := range map[string]listing{
		"DescribeVpcs":              {"vpc", "vpcSet", "VpcId", vpcView},
		"DescribeSubnets":           {"subnet", "subnetSet", "SubnetId", subnetView},
		"DescribeSecurityGroups":    {"security-group", "securityGroupInfo", "GroupId", groupView},
		"DescribeVolumes":           {"volume", "volumeSet", "VolumeId", volumeView},
		"DescribeNetworkInterfaces": {"network-interface", "networkInterfaceSet", "NetworkInterfaceId", interfaceView},
		"DescribeAddresses":         {"address", "addressesSet", "AllocationId", addressView},
		"DescribeKeyPairs":          {"key-pair", "keySet", "KeyName", keyView},
	} {
		operations[name] = operation{do: list.describe}
	}
	return operations
}

// listing describes one kind of object.
type listing struct {
	kind, set, ids string
	view           func(r *region, o *object) any
}

func (l listing) describe(x *exchange) (any, error) {
	ids := x.list(l.ids)
	for _, id := range ids {
		if o := x.region.object(id); o == nil || o.kind != l.kind {
			code := "Invalid" + strings.TrimSuffix(l.ids, "Id") + "ID.NotFound"
			return nil, fail(http.StatusBadRequest, code, "The %s ID '%s' does not exist", l.kind, id)
		}
	}
	var found []any
	for _, o := range x.region.objects {
		if o.kind == l.kind && (len(ids) == 0 || slices.Contains(ids, o.id)) && x.filtered(o.field) {
			found = append(found, l.view(x.region, o))
		}
	}
	return x.ec2Page(l.set, found)
}

// element is a list in an answer of EC2.
type element struct {
	set   string
	items []any
	next  string
}

// ec2Page cuts a list as the request asks.
func (x *exchange) ec2Page(set string, items []any) (any, error) {
	if size, err := strconv.Atoi(x.form.Get("MaxResults")); err == nil && size > 0 && size < x.cloud.config.PageSize {
		return nil, fail(http.StatusBadRequest, "InvalidParameterValue", "Value ( %d ) for parameter maxResults is too small here", size)
	}
	cut, next, err := page(x, items, x.form.Get("NextToken"))
	if err != nil {
		return nil, fail(http.StatusBadRequest, "InvalidNextToken", "The token is not valid")
	}
	return element{set, cut, next}, nil
}

// field is a value of an object by the name of its filter.
func (o *object) field(name string) ([]string, bool) {
	if key, ok := strings.CutPrefix(name, "tag:"); ok {
		value, tagged := o.tags[key]
		return []string{value}, tagged
	}
	switch name {
	case "tag-key":
		var keys []string
		for key := range o.tags {
			keys = append(keys, key)
		}
		return keys, true
	case o.kind + "-id", "group-id", "allocation-id":
		if value, own := o.fields[name]; own {
			return strings.Split(value, ","), true
		}
		return []string{o.id}, true
	}
	value, ok := o.fields[name]
	return strings.Split(value, ","), ok
}

// filtered reports whether something passes all filters of the request.
func (x *exchange) filtered(field func(name string) ([]string, bool)) bool {
	for i := 1; x.form.Has("Filter." + strconv.Itoa(i) + ".Name"); i++ {
		prefix := "Filter." + strconv.Itoa(i)
		var wanted []string
		for j := 1; x.form.Has(prefix + ".Value." + strconv.Itoa(j)); j++ {
			wanted = append(wanted, x.form.Get(prefix+".Value."+strconv.Itoa(j)))
		}
		values, ok := field(x.form.Get(prefix + ".Name"))
		if !ok || !slices.ContainsFunc(values, func(value string) bool { return anyMatches(wanted, value, false) }) {
			return false
		}
	}
	return true
}

func describeRegions(x *exchange) (any, error) {
	var items []any
	for _, name := range x.cloud.config.Regions {
		items = append(items, struct {
			RegionName     string `xml:"regionName"`
			RegionEndpoint string `xml:"regionEndpoint"`
			OptInStatus    string `xml:"optInStatus"`
		}{name, "ec2." + name + ".amazonaws.com", "opt-in-not-required"})
	}
	return element{"regionInfo", items, ""}, nil
}

func describeZones(x *exchange) (any, error) {
	var items []any
	for i, zone := range zonesOf(x.region.name) {
		items = append(items, struct {
			ZoneName   string `xml:"zoneName"`
			ZoneID     string `xml:"zoneId"`
			ZoneType   string `xml:"zoneType"`
			State      string `xml:"zoneState"`
			RegionName string `xml:"regionName"`
		}{text(zone), "az" + strconv.Itoa(i+1), "availability-zone", "available", x.region.name})
	}
	return element{"availabilityZoneInfo", items, ""}, nil
}

// machine is a type of instance.
type machine struct {
	name, architecture string
	cpus, memoryMiB    int
}

var machines = [...]machine{
	{"m6g.large", "arm64", 2, 8192},
	{"m6i.large", "x86_64", 2, 8192},
	{"m6i.xlarge", "x86_64", 4, 16384},
	{"m7g.large", "arm64", 2, 8192},
	{"m7i.large", "x86_64", 2, 8192},
	{"t3.medium", "x86_64", 2, 4096},
	{"t4g.medium", "arm64", 2, 4096},
}

// describeOfferings has every machine in every zone but one: m7g.large is not in the third, as in many a region.
func describeOfferings(x *exchange) (any, error) {
	places, kind := []any{x.region.name}, fallback(x.form.Get("LocationType"), "region")
	if kind == "availability-zone" {
		places = zonesOf(x.region.name)
	}
	var items []any
	for _, m := range machines {
		for _, place := range places {
			fields := map[string]string{"instance-type": m.name, "location": text(place)}
			if m.name == "m7g.large" && place == x.region.name+"c" {
				continue
			}
			if !x.filtered(func(name string) ([]string, bool) { value, ok := fields[name]; return []string{value}, ok }) {
				continue
			}
			items = append(items, struct {
				InstanceType string `xml:"instanceType"`
				LocationType string `xml:"locationType"`
				Location     string `xml:"location"`
			}{m.name, kind, text(place)})
		}
	}
	return x.ec2Page("instanceTypeOfferingSet", items)
}

func describeTypes(x *exchange) (any, error) {
	wanted := x.list("InstanceType")
	var items []any
	for _, m := range machines {
		fields := map[string]string{"instance-type": m.name, "processor-info.supported-architecture": m.architecture}
		if len(wanted) > 0 && !slices.Contains(wanted, m.name) ||
			!x.filtered(func(name string) ([]string, bool) { value, ok := fields[name]; return []string{value}, ok }) {
			continue
		}
		items = append(items, struct {
			InstanceType string   `xml:"instanceType"`
			CPUs         int      `xml:"vCpuInfo>defaultVCpus"`
			MemoryMiB    int      `xml:"memoryInfo>sizeInMiB"`
			Architecture []string `xml:"processorInfo>supportedArchitectures>item"`
		}{m.name, m.cpus, m.memoryMiB, []string{m.architecture}})
	}
	if len(items) < len(wanted) {
		return nil, fail(http.StatusBadRequest, "InvalidInstanceType", "The following supplied instance types do not exist: %v", wanted)
	}
	return x.ec2Page("instanceTypeSet", items)
}

func describeAttributes(x *exchange) (any, error) {
	type value struct {
		Value string `xml:"attributeValue"`
	}
	type attribute struct {
		Name   string  `xml:"attributeName"`
		Values []value `xml:"attributeValueSet>item"`
	}
	var items []any
	for _, a := range [][2]string{
		{"supported-platforms", "VPC"},
		{"max-instances", "20"},
		{"vpc-max-security-groups-per-interface", "5"},
		{"max-elastic-ips", "5"},
		{"vpc-max-elastic-ips", "5"},
		{"default-vpc", x.region.objects[0].id},
	} {
		if wanted := x.list("AttributeName"); len(wanted) == 0 || slices.Contains(wanted, a[0]) {
			items = append(items, attribute{a[0], []value{{a[1]}}})
		}
	}
	return element{"accountAttributeSet", items, ""}, nil
}
