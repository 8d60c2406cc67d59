package config

import (
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"path/filepath"
)

// Role is which half of the program a process runs.
type Role string

// The roles. Web and worker share a Postgres database; all is both in one process.
const (
	RoleAll    Role = "all"
	RoleWeb    Role = "web"
	RoleWorker Role = "worker"
)

// Web reports whether the role includes the web half.
func (r Role) Web() bool { return r == RoleAll || r == RoleWeb }

// Worker reports whether the role includes the worker half.
func (r Role) Worker() bool { return r == RoleAll || r == RoleWorker }

// Config is every setting. A field tagged data_dir is data_dir in the file, ROADSTEAD_DATA_DIR in the environment and
// --data-dir as a flag. The zero value of a field means its default, so a file from before a field existed stays valid.
type Config struct {
	// DataDir is the folder of everything that is kept: databases, keys, logs. Default /var/lib/roadstead.
	DataDir string `koanf:"data_dir"`

	// Listen is the host:port to serve on. Default 127.0.0.1:8080.
	Listen string `koanf:"listen"`

	// Role is the half of the program to run: all, web or worker. Default all.
	Role Role `koanf:"role"`

	// DatabaseURL is a postgres:// URL. Empty means SQLite in the data folder. It may hold a password, so there is no
	// flag for it: every user of a machine sees the flags of its processes.
	DatabaseURL Redacted `koanf:"database_url"`

	// EgressAllow opens private and loopback addresses to outbound traffic, as CIDR:port. Empty opens none.
	EgressAllow []string `koanf:"egress_allow"`

	// EgressRefuse are networks that outbound traffic is kept from although they are public, such as the operator's own.
	// EgressAllow opens parts of them. Empty refuses none beyond the default.
	EgressRefuse []netip.Prefix `koanf:"egress_refuse"`

	// EgressProxy is an http:// or https:// proxy that all outbound traffic goes through. Empty means none; the proxies
	// of the environment are never used. It may hold a password, so there is no flag for it.
	EgressProxy Redacted `koanf:"egress_proxy"`

	// AWSAccessKeyID and AWSSecretAccessKey say who we are to AWS, where nothing better does. Empty means what every AWS
	// tool looks for: environment, files, web identity, the role of the machine. They need no right but sts:AssumeRole.
	AWSAccessKeyID     string   `koanf:"aws_access_key_id"`
	AWSSecretAccessKey Redacted `koanf:"aws_secret_access_key"`

	// AWSEndpoint is the URL of an AWS-compatible server that stands in for all services of AWS. Empty means AWS itself.
	AWSEndpoint string `koanf:"aws_endpoint"`

	// AWSTemplateURL is where the operator published the bootstrap template, in a bucket of S3, since the console of AWS
	// opens no other address. Empty offers no link that opens the template there, only the template and a command.
	AWSTemplateURL string `koanf:"aws_template_url"`

	// AWSPace is how many times faster the server at AWSEndpoint makes clusters than AWS does. Waits and time limits are
	// shortened by it. Zero means 1, which is all that AWS itself allows. There is no flag for it.
	AWSPace int `koanf:"aws_pace"`

	// Development allows what is unsafe outside of a developer's machine, such as an AWSEndpoint elsewhere. Default false.
	Development bool `koanf:"development"`

	// InstallerImage is the image of install pods. Empty means the published image of this version.
	InstallerImage string `koanf:"installer_image"`

	// CatalogDir is a folder of YAML files that add applications to the built-in catalog. Empty adds none.
	CatalogDir string `koanf:"catalog_dir"`

	// ExternalURL is the address under which people and programs reach the server: scheme and host. Default: that of
	// Listen, on localhost when it listens on every address.
	ExternalURL string `koanf:"external_url"`

	// TLSCert and TLSKey are PEM files, read again when they change. Empty means plain HTTP.
	TLSCert string `koanf:"tls_cert"`
	TLSKey  string `koanf:"tls_key"`

	// InsecureHTTP allows plain HTTP on an address that is not loopback, for example behind a proxy that ends TLS.
	// Default false.
	InsecureHTTP bool `koanf:"insecure_http"`

	// TrustedProxies are the networks whose X-Forwarded headers are believed. Empty believes nobody.
	TrustedProxies []netip.Prefix `koanf:"trusted_proxies"`

	// KeysetFile holds the private keyset that opens credentials. Only a worker reads it. Default DataDir/keys/private.
	KeysetFile string `koanf:"keyset_file"`

	// PublicKeysetFile holds the public keyset that credentials are sealed to. Default DataDir/keys/public.
	PublicKeysetFile string `koanf:"public_keyset_file"`

	// AdminToken is the access token of the first administrator, of at least 32 characters. Empty means one that is made
	// at the first start, printed once and kept in DataDir/admin-token. There is no flag for it.
	AdminToken Redacted `koanf:"admin_token"`

	// OIDCIssuer is the OpenID Connect provider where people sign in: its name, to the letter, which is an https URL. Empty
	// offers no such sign-in.
	OIDCIssuer string `koanf:"oidc_issuer"`

	// OIDCClientID and OIDCClientSecret are what the provider knows us by. There is no flag for the secret.
	OIDCClientID     string   `koanf:"oidc_client_id"`
	OIDCClientSecret Redacted `koanf:"oidc_client_secret"`

	// OIDCScopes are asked for besides openid. Default profile and email.
	OIDCScopes []string `koanf:"oidc_scopes"`

	// OIDCHosts are those that the provider's endpoints may be on besides the issuer's, as host or host:port. Empty allows
	// the issuer's only.
	OIDCHosts []string `koanf:"oidc_hosts"`

	// OIDCGroupsClaim is the claim of the ID token that lists a person's groups. Default groups.
	OIDCGroupsClaim string `koanf:"oidc_groups_claim"`

	// OIDCGroups says which of the provider's groups makes whom a member of what. Empty maps none.
	OIDCGroups []OIDCGroup `koanf:"oidc_groups"`

	// OIDCAdminGroup is the provider's group whose people are administrators of the instance, for as long as they are in
	// it. Empty maps none: administrators are made by hand.
	OIDCAdminGroup string `koanf:"oidc_admin_group"`

	// OIDCKnownUsersOnly keeps out whom no administrator made a user for. Default false: a user is made at the first sign-in.
	OIDCKnownUsersOnly bool `koanf:"oidc_known_users_only"`

	// LogLevel is the least level of the process log: debug, info, warn or error. Default (and zero value) info.
	LogLevel slog.Level `koanf:"log_level"`

	// LogFormat is json or text. Default text.
	LogFormat string `koanf:"log_format"`

	// Traces is where traces go: otlp for the collector that the OTEL_* variables of the environment name. Empty sends none.
	Traces string `koanf:"traces"`
}

// TracesOTLP sends traces by the OpenTelemetry protocol.
const TracesOTLP = "otlp"

// WithDefaults returns the config with every default filled in. It does not judge what was set: see [Config.Validate].
func (c Config) WithDefaults() Config {
	setDefault(&c.DataDir, "/var/lib/roadstead")
	setDefault(&c.Listen, "127.0.0.1:8080")
	setDefault(&c.Role, RoleAll)
	setDefault(&c.ExternalURL, c.ownURL())
	setDefault(&c.KeysetFile, filepath.Join(c.DataDir, "keys", "private"))
	setDefault(&c.PublicKeysetFile, filepath.Join(c.DataDir, "keys", "public"))
	setDefault(&c.LogFormat, "text")
	setDefault(&c.OIDCGroupsClaim, "groups")
	if c.OIDCScopes == nil {
		c.OIDCScopes = []string{"profile", "email"}
	}
	return c
}

// ownURL is the address of the listener as seen from this machine.
func (c Config) ownURL() string {
	own := url.URL{Scheme: "http", Host: c.Listen}
	if c.TLSCert != "" {
		own.Scheme = "https"
	}
	addr, err := netip.ParseAddr(own.Hostname())
	if own.Hostname() == "" || (err == nil && addr.IsUnspecified()) {
		own.Host = net.JoinHostPort("localhost", own.Port())
	}
	return own.String()
}

func setDefault[T ~string](field *T, value T) {
	if *field == "" {
		*field = value
	}
}
