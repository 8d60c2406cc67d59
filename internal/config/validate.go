package config

import (
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"unicode/utf8"
)

// minAdminToken is the least length of a token that somebody chose, in characters.
const minAdminToken = 32

// maxAWSPace leaves limits of seconds.
const maxAWSPace = 1000

// Validate returns the first reason for which the settings cannot be used, as an apperr.Error with a hint. It expects
// the defaults to be filled in and looks at nothing outside the config.
func (c Config) Validate() error {
	for _, check := range []func() error{
		c.validateListen, c.validateRole, c.validateDatabase, c.validateTLS, c.validateExternalURL, c.validateAdminToken,
		c.validateLog, c.validateTraces, c.validateAWS, c.validateOIDC,
	} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func (c Config) validateListen() error {
	_, port, err := net.SplitHostPort(c.Listen)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		return refuse("The address to listen on is not of the form host:port.", "Give one like 127.0.0.1:8080 or :8443.")
	}
	return nil
}

func (c Config) validateRole() error {
	switch {
	case !c.Role.Web() && !c.Role.Worker():
		return refuse("There is no role "+strconv.Quote(string(c.Role))+".", "The roles are all, web and worker.")
	case c.Role != RoleAll && c.DatabaseURL == "":
		return refuse("The roles web and worker need a Postgres database: SQLite belongs to one process.",
			"Set ROADSTEAD_DATABASE_URL, or run everything in one process with --role all.")
	}
	return nil
}

func (c Config) validateDatabase() error {
	if c.DatabaseURL == "" {
		return nil
	}
	// The parser's error is not shown: it repeats the URL with its password.
	parsed, err := url.Parse(c.DatabaseURL.Reveal())
	if err != nil || (parsed.Scheme != "postgres" && parsed.Scheme != "postgresql") {
		return refuse("The database URL is not a postgres:// URL.",
			"Give one like postgres://user:password@host:5432/roadstead, or none for SQLite in the data folder.")
	}
	return nil
}

func (c Config) validateTLS() error {
	switch {
	case (c.TLSCert == "") != (c.TLSKey == ""):
		return refuse("TLS needs a certificate and its key.", "Set both ROADSTEAD_TLS_CERT and ROADSTEAD_TLS_KEY, or neither.")
	case c.TLSCert == "" && !c.InsecureHTTP && !listensOnLoopback(c.Listen):
		return refuse("Plain HTTP on "+c.Listen+" would show tokens to the network.",
			"Set ROADSTEAD_TLS_CERT and ROADSTEAD_TLS_KEY, listen on 127.0.0.1, or give --insecure-http behind a proxy that ends TLS.")
	}
	return nil
}

func listensOnLoopback(listen string) bool {
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return false
	}
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || (err == nil && addr.Unmap().IsLoopback())
}

func (c Config) validateExternalURL() error {
	parsed, err := url.Parse(c.ExternalURL)
	if err != nil {
		return refuse("The external URL cannot be parsed.", "Give one like https://roadstead.example.com.")
	}
	bare := url.URL{Scheme: parsed.Scheme, Host: parsed.Host}
	switch {
	case parsed.Scheme != "http" && parsed.Scheme != "https", parsed.Host == "":
		return refuse("The external URL is not an http or https address.", "Give one like https://roadstead.example.com.")
	case c.ExternalURL != bare.String():
		return refuse("The external URL holds more than a scheme and a host.", "Write it as "+bare.String()+".")
	}
	return nil
}

func (c Config) validateAdminToken() error {
	if c.AdminToken != "" && utf8.RuneCountInString(c.AdminToken.Reveal()) < minAdminToken {
		return refuse("The administrator's token is shorter than 32 characters.",
			"Make one with `openssl rand -hex 32`, or set none: then one is made and kept in the data folder.")
	}
	return nil
}

func (c Config) validateLog() error {
	if c.LogFormat != "json" && c.LogFormat != "text" {
		return refuse("There is no log format "+strconv.Quote(c.LogFormat)+".", "The log formats are json and text.")
	}
	return nil
}

func (c Config) validateTraces() error {
	if c.Traces == "" || c.Traces == TracesOTLP {
		return nil
	}
	return refuse("There are no traces of the kind "+strconv.Quote(c.Traces)+".", "Set ROADSTEAD_TRACES to otlp, or leave it out.")
}

func (c Config) validateAWS() error {
	if (c.AWSAccessKeyID == "") != (c.AWSSecretAccessKey == "") {
		return refuse("Keys of AWS come in pairs.", "Set both ROADSTEAD_AWS_ACCESS_KEY_ID and ROADSTEAD_AWS_SECRET_ACCESS_KEY, or neither.")
	}
	if c.AWSPace < 0 || c.AWSPace > maxAWSPace || c.AWSPace > 1 && c.AWSEndpoint == "" {
		return refuse("AWS cannot be hurried.", "Leave ROADSTEAD_AWS_PACE out, or give 1 to 1000 with ROADSTEAD_AWS_ENDPOINT.")
	}
	published, err := url.Parse(c.AWSTemplateURL)
	if c.AWSTemplateURL != "" && (err != nil || published.Scheme != "https" || published.Host == "") {
		return refuse("The address of the published bootstrap template is not an https address.",
			"Give one like https://bucket.s3.eu-west-1.amazonaws.com/bootstrap.yaml, or none.")
	}
	if c.AWSEndpoint == "" {
		return nil
	}
	parsed, err := url.Parse(c.AWSEndpoint)
	if err != nil || parsed.Host == "" || parsed.User != nil || (parsed.Scheme != "http" && parsed.Scheme != "https") {
		return refuse("The endpoint for AWS is not an http or https address.", "Give one like http://127.0.0.1:4566, or none for AWS itself.")
	}
	// Whoever answers there is handed requests that our keys signed.
	if !listensOnLoopback(net.JoinHostPort(parsed.Hostname(), "0")) && !c.Development {
		return refuse("The endpoint for AWS is not on this machine.",
			"Leave it out, or allow it with ROADSTEAD_DEVELOPMENT=true where no real keys are used.")
	}
	return nil
}
