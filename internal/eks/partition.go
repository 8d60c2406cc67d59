package eks

import (
	"errors"
	"fmt"
	"regexp"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/provision"
)

var regionName = regexp.MustCompile(`^[a-z]{2}(?:-[a-z]+){1,3}-[0-9]{1,2}$`)

// stsHost is the host of the token service of a region, in the partitions of AWS that are open to the public or to
// governments over the internet. No setting leads elsewhere: a cluster would not believe a token for another host.
func stsHost(partition, region string) (string, error) {
	if !regionName.MatchString(region) {
		return "", invalid(apperr.CloudRegion, fmt.Errorf("%q is no name of a region", region))
	}
	switch partition {
	case "aws", "aws-us-gov":
		return "sts." + region + ".amazonaws.com", nil
	case "aws-cn":
		return "sts." + region + ".amazonaws.com.cn", nil
	}
	return "", invalid(apperr.CloudRegion, errors.New("the partition is not supported"))
}

// invalid is a request that we do not send.
func invalid(code apperr.Code, cause error) error {
	return &provision.CloudError{Class: provision.Invalid, Code: code, Cause: cause}
}
