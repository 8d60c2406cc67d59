package config

import "github.com/spf13/pflag"

// Flags adds a flag for each setting that may be seen on a command line, and --config. Their defaults are empty: what
// is not given is decided by [Load].
func Flags(flags *pflag.FlagSet) {
	flags.String(fileFlag, "", "YAML file of settings")
	flags.String("data-dir", "", "folder of everything that is kept (default /var/lib/roadstead)")
	flags.String("listen", "", "host:port to serve on (default 127.0.0.1:8080)")
	flags.String("role", "", "half of the program to run: all, web or worker (default all)")
	flags.StringSlice("egress-allow", nil, "private addresses that may be called, as CIDR:port")
	flags.StringSlice("egress-refuse", nil, "public networks that must not be called, as CIDR")
	flags.String("aws-access-key-id", "", "who we are to AWS (default: as every AWS tool finds out)")
	flags.String("aws-endpoint", "", "URL of an AWS-compatible server, on this machine (default: AWS itself)")
	flags.Bool("development", false, "allow what is unsafe outside of a developer's machine")
	flags.String("installer-image", "", "image of install pods (default: the published image of this version)")
	flags.String("catalog-dir", "", "folder of YAML files that add applications to the catalog")
	flags.String("external-url", "", "address under which the server is reached (default: that of --listen)")
	flags.String("tls-cert", "", "PEM file of the server's certificate chain")
	flags.String("tls-key", "", "PEM file of the certificate's key")
	flags.Bool("insecure-http", false, "allow plain HTTP on an address that is not loopback")
	flags.StringSlice("trusted-proxies", nil, "networks whose X-Forwarded headers are believed")
	flags.String("keyset-file", "", "private keyset of the worker (default DATA-DIR/keys/private)")
	flags.String("public-keyset-file", "", "public keyset (default DATA-DIR/keys/public)")
	flags.String("oidc-issuer", "", "URL of the OpenID Connect provider where people sign in (default: none)")
	flags.String("oidc-client-id", "", "what the provider knows us by; the secret is ROADSTEAD_OIDC_CLIENT_SECRET")
	flags.StringSlice("oidc-scopes", nil, "what to ask the provider for besides openid (default profile,email)")
	flags.StringSlice("oidc-hosts", nil, "further hosts that the provider's endpoints are on")
	flags.String("oidc-groups-claim", "", "claim that lists a person's groups (default groups)")
	flags.StringSlice("oidc-groups", nil, "what the provider's groups are worth, as claim=group:role")
	flags.String("oidc-admin-group", "", "the provider's group of administrators (default: none)")
	flags.Bool("oidc-known-users-only", false, "make no users at the first sign-in")
	flags.String("log-level", "", "least level to log: debug, info, warn or error (default info)")
	flags.String("log-format", "", "json or text (default text)")
	flags.String("traces", "", "otlp sends traces as the OTEL_* variables say (default: none are sent)")
}
