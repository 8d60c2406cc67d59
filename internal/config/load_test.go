package config_test

import (
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/spf13/pflag"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/config"
)

func TestFlagsWinOverEnvironmentOverFileOverDefaults(t *testing.T) {
	t.Parallel()
	file := writeFile(t, "data_dir: /file\nlisten: 127.0.0.1:1\nlog_level: warn\n")
	tests := map[string]struct {
		args, environ []string
		want          [3]string // data folder, address, log level
	}{
		"nothing is set":      {nil, nil, [3]string{"/var/lib/roadstead", "127.0.0.1:8080", "INFO"}},
		"a file":              {[]string{"--config", file}, nil, [3]string{"/file", "127.0.0.1:1", "WARN"}},
		"a file by variable":  {nil, []string{"ROADSTEAD_CONFIG=" + file}, [3]string{"/file", "127.0.0.1:1", "WARN"}},
		"a variable":          {nil, []string{"ROADSTEAD_DATA_DIR=/env"}, [3]string{"/env", "127.0.0.1:8080", "INFO"}},
		"an empty variable":   {nil, []string{"ROADSTEAD_DATA_DIR="}, [3]string{"/var/lib/roadstead", "127.0.0.1:8080", "INFO"}},
		"another's variables": {nil, []string{"ROADSTEAD_TOKEN=x", "DATA_DIR=/y"}, [3]string{"/var/lib/roadstead", "127.0.0.1:8080", "INFO"}},
		"all at once": {
			[]string{"--config", file, "--data-dir", "/flag"},
			[]string{"ROADSTEAD_DATA_DIR=/env", "ROADSTEAD_LISTEN=127.0.0.1:2"},
			[3]string{"/flag", "127.0.0.1:2", "WARN"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := load(t, test.args, test.environ)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, [3]string{got.DataDir, got.Listen, got.LogLevel.String()}); diff != "" {
				t.Errorf("settings (-want +got):\n%s", diff)
			}
		})
	}
}

func TestEverySettingCanBeGivenByFileEnvironmentAndFlag(t *testing.T) {
	t.Parallel()
	want := config.Config{
		DataDir: "/data", Listen: "0.0.0.0:8443", Role: config.RoleWorker, DatabaseURL: "postgres://u:p@db/roadstead",
		EgressAllow:  []string{"10.1.2.3/32:6443", "192.168.0.0/16:443"},
		EgressRefuse: []netip.Prefix{netip.MustParsePrefix("8.8.8.0/24")}, EgressProxy: "http://u:p@proxy:3128", InstallerImage: "registry/installer:1",
		CatalogDir: "/catalog", ExternalURL: "https://roadstead.example.com", TLSCert: "/cert", TLSKey: "/key", InsecureHTTP: true,
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::1/128")},
		KeysetFile:     "/private", PublicKeysetFile: "/public", AdminToken: config.Redacted(strings.Repeat("t", 32)),
		LogLevel: slog.LevelError, LogFormat: "json",
	}
	secrets := []string{
		"ROADSTEAD_DATABASE_URL=postgres://u:p@db/roadstead", "ROADSTEAD_EGRESS_PROXY=http://u:p@proxy:3128",
		"ROADSTEAD_ADMIN_TOKEN=" + strings.Repeat("t", 32),
	}
	file := writeFile(t, `
data_dir: /data
listen: 0.0.0.0:8443
role: worker
database_url: postgres://u:p@db/roadstead
egress_allow: [10.1.2.3/32:6443, 192.168.0.0/16:443]
egress_refuse: [8.8.8.0/24]
egress_proxy: http://u:p@proxy:3128
installer_image: registry/installer:1
catalog_dir: /catalog
external_url: https://roadstead.example.com
tls_cert: /cert
tls_key: /key
insecure_http: true
trusted_proxies: [10.0.0.0/8, "::1"]
keyset_file: /private
public_keyset_file: /public
admin_token: `+strings.Repeat("t", 32)+`
log_level: error
log_format: json
`)
	tests := map[string]struct{ args, environ []string }{
		"file": {[]string{"--config", file}, nil},
		"environment": {nil, append([]string{
			"ROADSTEAD_DATA_DIR=/data", "ROADSTEAD_LISTEN=0.0.0.0:8443", "ROADSTEAD_ROLE=worker",
			"ROADSTEAD_EGRESS_ALLOW=10.1.2.3/32:6443, 192.168.0.0/16:443", "ROADSTEAD_EGRESS_REFUSE=8.8.8.0/24", "ROADSTEAD_INSTALLER_IMAGE=registry/installer:1",
			"ROADSTEAD_CATALOG_DIR=/catalog", "ROADSTEAD_EXTERNAL_URL=https://roadstead.example.com",
			"ROADSTEAD_TLS_CERT=/cert", "ROADSTEAD_TLS_KEY=/key", "ROADSTEAD_INSECURE_HTTP=true",
			"ROADSTEAD_TRUSTED_PROXIES=10.0.0.0/8,::1", "ROADSTEAD_KEYSET_FILE=/private",
			"ROADSTEAD_PUBLIC_KEYSET_FILE=/public", "ROADSTEAD_LOG_LEVEL=error", "ROADSTEAD_LOG_FORMAT=json",
		}, secrets...)},
		"flags, and the environment for secrets": {[]string{
			"--data-dir=/data", "--listen=0.0.0.0:8443", "--role=worker", "--egress-allow=10.1.2.3/32:6443",
			"--egress-allow=192.168.0.0/16:443", "--egress-refuse=8.8.8.0/24", "--installer-image=registry/installer:1", "--catalog-dir=/catalog",
			"--external-url=https://roadstead.example.com", "--tls-cert=/cert", "--tls-key=/key", "--insecure-http",
			"--trusted-proxies=10.0.0.0/8,::1", "--keyset-file=/private", "--public-keyset-file=/public",
			"--log-level=error", "--log-format=json",
		}, secrets},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := load(t, test.args, test.environ)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want.WithDefaults(), got, cmpopts.EquateComparable(netip.Prefix{})); diff != "" {
				t.Errorf("config (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWhatCannotBeReadIsExplained(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		args, environ []string
		want          string
	}{
		"no such file":            {[]string{"--config", "/no/such/file"}, nil, "Name an existing file"},
		"a file that is a map":    {[]string{"--config", writeFile(t, "a: [")}, nil, "YAML"},
		"a misspelt setting":      {[]string{"--config", writeFile(t, "data_folder: /x\n")}, nil, "data_dir, listen, role"},
		"a nested setting":        {[]string{"--config", writeFile(t, "tls:\n  cert: /x\n")}, nil, "tls_cert"},
		"a level of no meaning":   {nil, []string{"ROADSTEAD_LOG_LEVEL=loud"}, "Lists are written with commas"},
		"a network of no meaning": {nil, []string{"ROADSTEAD_TRUSTED_PROXIES=everyone"}, "10.0.0.0/8"},
		"an invalid combination":  {[]string{"--role=web"}, nil, "ROADSTEAD_DATABASE_URL"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := load(t, test.args, test.environ)
			if explained, ok := apperr.From(err); !ok || !strings.Contains(explained.Hint, test.want) {
				t.Errorf("error = %v, want one with a hint that says %q", err, test.want)
			}
		})
	}
}

func load(t *testing.T, args, environ []string) (config.Config, error) {
	t.Helper()
	flags := pflag.NewFlagSet("serve", pflag.ContinueOnError)
	config.Flags(flags)
	if err := flags.Parse(args); err != nil {
		t.Fatal(err)
	}
	return config.Load(flags, environ)
}

func writeFile(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "roadstead.yaml")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
