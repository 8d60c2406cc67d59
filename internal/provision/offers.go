package provision

import (
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
)

// Offers are what a form offers for one role and region. They are refreshed while somebody looks.
type Offers struct {
	Regions       []string       `json:"regions"`
	Versions      []Offer        `json:"versions"`
	Networks      []OfferNetwork `json:"networks"`
	InstanceTypes []string       `json:"instance_types"`
}

// Offer is a version of Kubernetes.
type Offer struct {
	Version      string    `json:"version"`
	Default      bool      `json:"default"`
	SupportEnds  time.Time `json:"support_ends"`  // standard support
	ExtendedEnds time.Time `json:"extended_ends"` // support at a higher price
}

// endingTime is how long before the end of standard support a version is no good start any more.
const endingTime = 60 * 24 * time.Hour

// EndsSoon reports whether standard support is over or ends within 60 days.
func (o Offer) EndsSoon(now time.Time) bool { return o.SupportEnds.Sub(now) < endingTime }

// OfferNetwork is an existing network.
type OfferNetwork struct {
	ID             string        `json:"id"`
	Name           string        `json:"name,omitempty"`
	CIDR           string        `json:"cidr"`
	Subnets        []OfferSubnet `json:"subnets"`
	SecurityGroups []OfferGroup  `json:"security_groups"`
}

// OfferSubnet is a part of a network in one zone.
type OfferSubnet struct {
	ID     string `json:"id"`
	Name   string `json:"name,omitempty"`
	Zone   string `json:"zone"`
	Free   int    `json:"free"` // addresses
	Public bool   `json:"public"`
}

// OfferGroup is a security group.
type OfferGroup struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Finding is one result of the look before a creation. A failed one stops it.
type Finding struct {
	Check  string      `json:"check"` // account, region, version, name, stack, subnets, zones, instance_type, quota, template
	OK     bool        `json:"ok"`
	Warn   bool        `json:"warn,omitempty"`
	Code   apperr.Code `json:"code,omitempty"`
	Detail []string    `json:"detail,omitempty"` // our own words, such as zones that would do
}
