package eks

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	awseks "github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go/middleware"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/egress"
	"github.com/roadstead/roadstead/internal/provision"
	"github.com/roadstead/roadstead/internal/secret"
)

const (
	callTimeout    = 30 * time.Second // of one attempt, with its body
	maxHeaderBytes = 64 << 10
	// appID names us in the account's own records of who called.
	appID = "roadstead"
)

var _ provision.Cloud = (*Cloud)(nil)

// Config is what the operator decides about AWS.
type Config struct {
	// Guard is the door that every call goes through. It has to let the Endpoint in.
	Guard *egress.Guard
	// Credentials say who we are to AWS. They are used for nothing but to assume roles; see Keys and Chain.
	Credentials Credentials
	// Endpoint is the URL of an AWS-compatible server that stands in for all services; empty for AWS itself.
	Endpoint string
	// Installation names this one in the tags of what it makes; may be empty.
	Installation string
	// Now is the clock; nil: time.Now.
	Now func() time.Time
	// Pace is how many times faster than AWS the Endpoint is, and may be asked; zero: no faster.
	Pace int
	// Fault is called after every answer of AWS; may be nil.
	Fault func(point string)
}

// Cloud is AWS. It is safe for concurrent use and holds no session.
type Cloud struct {
	credentials  aws.CredentialsProvider
	endpoint     *string
	installation string
	now          func() time.Time
	http         *http.Client
	lanes        *lanes
}

// New makes the adapter. It calls nobody.
func New(c Config) *Cloud {
	now := c.Now
	if now == nil {
		now = time.Now
	}
	options := egress.Options{HeaderTimeout: callTimeout, MaxHeaderBytes: maxHeaderBytes}
	cloud := &Cloud{
		credentials: c.Credentials, installation: c.Installation, now: now,
		http: c.Guard.Client(options, callTimeout), lanes: newLanes(now, c.Pace),
	}
	if c.Endpoint != "" {
		cloud.endpoint = &c.Endpoint
	}
	if c.Fault != nil {
		cloud.http.Transport = faulty{cloud.http.Transport, c.Fault}
	}
	return cloud
}

// faulty marks the instant after each answer.
type faulty struct {
	http.RoundTripper

	point func(name string)
}

// RoundTrip implements http.RoundTripper.
func (f faulty) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := f.RoundTripper.RoundTrip(r)
	f.point("aws " + middleware.GetOperationName(r.Context()))
	return answer, err //nolint:wrapcheck // a transport hands on what it got
}

// CloseIdleConnections keeps the method that http.Client looks for.
func (f faulty) CloseIdleConnections() {
	(&http.Client{Transport: f.RoundTripper}).CloseIdleConnections()
}

// Close drops the idle connections.
func (c *Cloud) Close() { c.http.CloseIdleConnections() }

// config is how the services of one region are called. It is built by hand: the SDK's own loader would follow files and
// variables of this machine.
func (c *Cloud) config(region string, l *lane, credentials aws.CredentialsProvider) aws.Config {
	return aws.Config{
		Region:       region,
		Credentials:  credentials,
		HTTPClient:   c.http,
		BaseEndpoint: c.endpoint,
		Retryer:      func() aws.Retryer { return l.retryer },
		AppID:        appID,
	}
}

func (c *Cloud) session(s provision.Session) aws.Config {
	return c.config(s.Region, c.lanes.of(s.AccountID, s.Region), sessionCredentials(s))
}

func (c *Cloud) cloudformation(s provision.Session) *cloudformation.Client {
	return cloudformation.NewFromConfig(c.session(s))
}

func (c *Cloud) eks(s provision.Session) *awseks.Client { return awseks.NewFromConfig(c.session(s)) }

func (c *Cloud) ec2(s provision.Session) *ec2.Client { return ec2.NewFromConfig(c.session(s)) }

// sts calls with a session, or with our own credentials when there is none.
func (c *Cloud) sts(s provision.Session) *sts.Client {
	if s.AccessKeyID.IsEmpty() {
		return sts.NewFromConfig(c.config(homeRegion(s.Region), c.lanes.of("", s.Region), c.credentials))
	}
	return sts.NewFromConfig(c.session(s))
}

// homeRegion is where we ask who we are ourselves, when nobody has named a region.
func homeRegion(region string) string {
	if region == "" {
		return "us-east-1"
	}
	return region
}

// sessionCredentials reveals a session to the signer, call by call.
func sessionCredentials(s provision.Session) aws.CredentialsProvider {
	return aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		if s.AccessKeyID.IsEmpty() {
			return aws.Credentials{}, &provision.CloudError{
				Class: provision.Expired, Code: apperr.CloudSessionExpired, Cause: errors.New("there is no session"),
			}
		}
		return aws.Credentials{
			AccessKeyID:     revealed(s.AccessKeyID),
			SecretAccessKey: revealed(s.SecretKey),
			SessionToken:    revealed(s.SessionToken),
			Source:          "session",
		}, nil
	})
}

func revealed(v secret.Value) (text string) {
	v.Reveal(func(b []byte) { text = string(b) })
	return text
}
