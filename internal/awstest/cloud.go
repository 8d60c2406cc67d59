package awstest

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

// Config says what a fake AWS is like. The zero value is a fast one.
type Config struct {
	// Now is the clock of signatures, sessions and stacks; nil: time.Now.
	Now func() time.Time
	// StackTime is about how long the stack of a cluster with its nodes takes to be created. Each type of resource has its
	// share of it. Default: one second.
	StackTime time.Duration
	// PageSize is how many items a list answers at once. Default: 100, as CloudFormation's.
	PageSize int
	// Regions are enabled in every account. Default: us-east-1, eu-west-1 and eu-central-1.
	Regions []string
	// Partition is the part of AWS that this is. Default: aws.
	Partition string
	// Listen is the loopback address to serve at. Default: any free port of 127.0.0.1.
	Listen string
}

// typicalCreation is how long the real thing takes, which StackTime stands for.
const typicalCreation = 13 * time.Minute

// Cloud is a fake AWS. It is safe for concurrent use. One lock guards everything in it: it has the traffic of tests.
type Cloud struct {
	config   Config
	server   *http.Server
	listener net.Listener
	serving  sync.WaitGroup
	doors    sync.WaitGroup

	mu       sync.Mutex
	closed   bool
	accounts map[string]*Account
	keys     map[string]*credential // by access key id
	agenda   agenda
	calls    []Call
	rules    rules
	platform Platform
	opened   []*door
}

// Platform is the Kubernetes API server that every cluster of a fake AWS turns out to be.
type Platform struct {
	URL string // https://127.0.0.1:port
	CA  []byte // PEM
}

// New starts a fake AWS on loopback. Close ends it.
func New(config Config) (*Cloud, error) {
	config = config.withDefaults()
	host, _, err := net.SplitHostPort(config.Listen)
	if err != nil {
		return nil, fmt.Errorf("parse the address to serve at: %w", err)
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return nil, fmt.Errorf("serve at %s: not a loopback address", config.Listen)
	}
	listener, err := net.Listen("tcp", config.Listen) //nolint:noctx // a loopback port is had at once or not at all
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	c := &Cloud{
		config: config, listener: listener,
		accounts: map[string]*Account{}, keys: map[string]*credential{},
	}
	c.server = &http.Server{Handler: c.handler(), ReadHeaderTimeout: 10 * time.Second}
	c.serving.Go(func() { _ = c.server.Serve(listener) })
	return c, nil
}

func (c Config) withDefaults() Config {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.StackTime == 0 {
		c.StackTime = time.Second
	}
	if c.PageSize == 0 {
		c.PageSize = 100
	}
	if len(c.Regions) == 0 {
		c.Regions = []string{"us-east-1", "eu-west-1", "eu-central-1"}
	}
	if c.Partition == "" {
		c.Partition = "aws"
	}
	if c.Listen == "" {
		c.Listen = "127.0.0.1:0"
	}
	return c
}

// Close ends the server and cuts its connections.
func (c *Cloud) Close() error {
	err := c.server.Close()
	c.mu.Lock()
	c.closed = true
	for _, d := range c.opened {
		err = errors.Join(err, d.close())
	}
	c.mu.Unlock()
	c.serving.Wait()
	c.doors.Wait()
	if err != nil {
		return fmt.Errorf("close the fake AWS: %w", err)
	}
	return nil
}

// Endpoint is the URL of every service, to be set as the base endpoint of SDK clients or as AWS_ENDPOINT_URL.
func (c *Cloud) Endpoint() string { return "http://" + c.listener.Addr().String() }

// WebhookURL is where an API server has bearer tokens reviewed that are meant for the named cluster; for any cluster there
// is when the name is empty.
func (c *Cloud) WebhookURL(cluster string) string { return c.Endpoint() + webhookPath + cluster }

// UsePlatform sets the API server of all clusters. It is called before the first stack is made.
func (c *Cloud) UsePlatform(p Platform) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.platform = p
}

// Account returns an account by its twelve digits. The first mention makes it.
func (c *Cloud) Account(id string) *Account {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.account(id)
}

func (c *Cloud) account(id string) *Account {
	found := c.accounts[id]
	if found == nil {
		found = newAccount(c, id)
		c.accounts[id] = found
	}
	return found
}

// scaled is how long something takes here that takes d in the real AWS.
func (c *Cloud) scaled(d time.Duration) time.Duration {
	return time.Duration(float64(d) * float64(c.config.StackTime) / float64(typicalCreation))
}

// arn names a thing of a service.
func (c *Cloud) arn(service, region, account, name string) string {
	return "arn:" + c.config.Partition + ":" + service + ":" + region + ":" + account + ":" + name
}
