package config_test

import (
	"strings"
	"testing"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/config"
)

func TestSafeSettingsAreAccepted(t *testing.T) {
	t.Parallel()
	tests := map[string]config.Config{
		"the defaults":                {},
		"plain HTTP on localhost":     {Listen: "localhost:8080"},
		"plain HTTP on IPv6 loopback": {Listen: "[::1]:8080"},
		"plain HTTP behind a proxy":   {Listen: "0.0.0.0:8080", InsecureHTTP: true},
		"TLS on every address":        {Listen: ":8443", TLSCert: "c", TLSKey: "k"},
		"two halves over Postgres":    {Role: config.RoleWeb, DatabaseURL: "postgresql://db/roadstead"},
		"a token of 32 characters":    {AdminToken: config.Redacted(strings.Repeat("ü", 32))},
		"any free port":               {Listen: "127.0.0.1:0"},
	}
	for name, set := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := set.WithDefaults().Validate(); err != nil {
				t.Errorf("refused: %v", err)
			}
		})
	}
}

func TestUnsafeOrContradictingSettingsAreRefusedWithAWayOut(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		set  config.Config
		want string // in the hint
	}{
		"plain HTTP on every address":     {config.Config{Listen: ":8080"}, "--insecure-http"},
		"plain HTTP on a private address": {config.Config{Listen: "10.0.0.1:8080"}, "--insecure-http"},
		"plain HTTP on a name":            {config.Config{Listen: "example.com:8080"}, "--insecure-http"},
		"a web half over SQLite":          {config.Config{Role: config.RoleWeb}, "ROADSTEAD_DATABASE_URL"},
		"a worker over SQLite":            {config.Config{Role: config.RoleWorker}, "ROADSTEAD_DATABASE_URL"},
		"an unknown role":                 {config.Config{Role: "both"}, "all, web and worker"},
		"a database of another kind":      {config.Config{DatabaseURL: "mysql://db/x"}, "postgres://"},
		"a short token":                   {config.Config{AdminToken: config.Redacted(strings.Repeat("t", 31))}, "openssl"},
		"a certificate without its key":   {config.Config{TLSCert: "c"}, "ROADSTEAD_TLS_KEY"},
		"a key without its certificate":   {config.Config{TLSKey: "k"}, "ROADSTEAD_TLS_CERT"},
		"no port":                         {config.Config{Listen: "127.0.0.1"}, "127.0.0.1:8080"},
		"a port out of range":             {config.Config{Listen: "127.0.0.1:70000"}, "127.0.0.1:8080"},
		"an external URL with a path":     {config.Config{ExternalURL: "https://a.example/x"}, "https://a.example."},
		"an external URL with a password": {config.Config{ExternalURL: "https://u:p@a.example"}, "https://a.example."},
		"an external URL without scheme":  {config.Config{ExternalURL: "a.example"}, "https://roadstead.example.com"},
		"an unknown log format":           {config.Config{LogFormat: "xml"}, "json and text"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := test.set.WithDefaults().Validate()
			if explained, ok := apperr.From(err); !ok || !strings.Contains(explained.Hint, test.want) {
				t.Errorf("error = %v, want one with a hint that says %q", err, test.want)
			}
		})
	}
}
