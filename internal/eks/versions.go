package eks

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awseks "github.com/aws/aws-sdk-go-v2/service/eks"

	"github.com/roadstead/roadstead/internal/provision"
)

// knownVersions stands in where the account does not let us ask. It carries its date and source.
//
//go:embed versions.json
var knownVersions []byte

// versions returns the versions that EKS makes clusters of, newest first.
func (c *Cloud) versions(ctx context.Context, s provision.Session) ([]provision.Offer, error) {
	var offers []provision.Offer
	pages := awseks.NewDescribeClusterVersionsPaginator(c.eks(s), &awseks.DescribeClusterVersionsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err = failed("asking for versions", err); err != nil {
			if class := provision.ClassOf(err); class == provision.Denied || class == provision.Unknown {
				return fallbackVersions(c.now())
			}
			return nil, err
		}
		for _, v := range page.ClusterVersions {
			offers = append(offers, provision.Offer{
				Version:      aws.ToString(v.ClusterVersion),
				Default:      v.DefaultVersion,
				SupportEnds:  aws.ToTime(v.EndOfStandardSupportDate),
				ExtendedEnds: aws.ToTime(v.EndOfExtendedSupportDate),
			})
		}
	}
	slices.SortFunc(offers, func(a, b provision.Offer) int { return minor(b.Version) - minor(a.Version) })
	return offers, nil
}

// fallbackVersions are the known ones that are supported at a time.
func fallbackVersions(now time.Time) ([]provision.Offer, error) {
	var list struct {
		Versions []provision.Offer `json:"versions"`
	}
	if err := json.Unmarshal(knownVersions, &list); err != nil {
		return nil, fmt.Errorf("reading the list of known versions: %w", err)
	}
	return slices.DeleteFunc(list.Versions, func(o provision.Offer) bool { return o.ExtendedEnds.Before(now) }), nil
}

// minor is the 36 of "1.36"; 0 for what is no version.
func minor(version string) int {
	n, err := strconv.Atoi(strings.TrimPrefix(version, "1."))
	if err != nil {
		return 0
	}
	return n
}
