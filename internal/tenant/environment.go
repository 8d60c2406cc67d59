package tenant

import (
	"regexp"
	"time"
)

// Environment is a named stage of a project, for example "production".
type Environment struct {
	ID        int64
	ProjectID int64
	Name      string
	// Slug is the name in a form that fits Kubernetes names, 24 characters at most.
	Slug string
	Tier Tier
	// State says whether credentials are given out.
	State EnvironmentState
	// ExternalURL is where what runs there answers; empty when not known.
	ExternalURL string
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// EnvironmentState says whether an environment is in use.
type EnvironmentState string

// States of an environment. Stopping one takes nothing away: only new
// credentials are refused. A stopped one can be started again, or deleted.
const (
	Available EnvironmentState = "available"
	Stopped   EnvironmentState = "stopped"
)

// Tier says what an environment is for.
type Tier string

// The tiers are the predecessor's.
const (
	Production  Tier = "production"
	Staging     Tier = "staging"
	Testing     Tier = "testing"
	Development Tier = "development"
	OtherTier   Tier = "other"
)

// Tiers returns all tiers.
func Tiers() []Tier { return []Tier{Production, Staging, Testing, Development, OtherTier} }

// NewEnvironment is what it takes to make an environment.
type NewEnvironment struct {
	ProjectID int64
	Name      string
	// Tier is guessed from the name when empty.
	Tier        Tier
	ExternalURL string
}

// EnvironmentChange is what shall be different about an environment. Nil leaves
// a field as it is. A name never changes: namespaces are called after it.
type EnvironmentChange struct {
	Tier        *Tier
	ExternalURL *string
}

// Parts of names that tell a tier, in the order in which they are tried. They
// are the predecessor's, so an environment has the same tier here and there.
var (
	likeDevelopment = regexp.MustCompile(`(?i)dev|review|trunk`)
	likeTesting     = regexp.MustCompile(`(?i)test|tst|int|ac(ce|)pt|qa|qc|control|quality`)
	likeStaging     = regexp.MustCompile(`(?i)st(a|)g|mod(e|)l|pre|demo|non`)
	likeProduction  = regexp.MustCompile(`(?i)pr(o|)d|live`)
)

// GuessTier tells an environment's tier from its name.
func GuessTier(name string) Tier {
	switch {
	case likeDevelopment.MatchString(name):
		return Development
	case likeTesting.MatchString(name):
		return Testing
	case likeStaging.MatchString(name):
		return Staging
	case likeProduction.MatchString(name):
		return Production
	}
	return OtherTier
}
