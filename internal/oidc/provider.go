package oidc

import (
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/egress"
)

var _ auth.Provider = (*Provider)(nil)

// callTimeout bounds a call to the provider with its body: somebody waits.
const callTimeout = 5 * time.Second

// Config is what the operator sets.
type Config struct {
	// Issuer is the provider's name and address, to the letter.
	Issuer string
	// ClientID and ClientSecret are what the provider knows us by.
	ClientID     string
	ClientSecret string
	// Scopes are asked for besides openid.
	Scopes []string
	// GroupsClaim is the claim that lists groups. Empty reads none.
	GroupsClaim string
	// Hosts are those that the provider's endpoints may be on besides the issuer's, as host or host:port.
	Hosts []string
	// RedirectURL is where the provider sends browsers back to, SignedOutURL those that it signed out.
	RedirectURL, SignedOutURL string
}

// Provider is the organisation's OpenID Connect provider. It calls it when somebody signs in, never before.
type Provider struct {
	config Config
	client *http.Client
	way    *transport
	now    func() time.Time
	log    *slog.Logger

	mu    sync.Mutex
	found *discovered
	keys  *keySet
}

// New makes the provider. It returns an egress error for an issuer whose address is not acceptable.
func New(c Config, guard *egress.Guard, now func() time.Time, log *slog.Logger) (*Provider, error) {
	checked, err := guard.CheckURL(c.Issuer, "https", "http")
	if err != nil {
		return nil, fmt.Errorf("check the address of the sign-in provider: %w", err)
	}
	client := guard.Client(egress.Options{HeaderTimeout: callTimeout}, callTimeout)
	way := &transport{
		next: client.Transport, hosts: append(slices.Clone(c.Hosts), checked.Host), scheme: checked.Scheme,
		breaker: &breaker{now: now},
	}
	client.Transport = way
	return &Provider{config: c, client: client, way: way, now: now, log: log}, nil
}

// Issuer is the name that the operator set.
func (p *Provider) Issuer() string { return p.config.Issuer }
