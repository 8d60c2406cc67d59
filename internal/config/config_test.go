package config_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/roadstead/roadstead/internal/config"
)

func TestDefaultsThatFollowFromOtherSettings(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		set       config.Config
		url, keys string
	}{
		"nothing is set":          {config.Config{}, "http://127.0.0.1:8080", "/var/lib/roadstead/keys/private"},
		"another folder":          {config.Config{DataDir: "/d"}, "http://127.0.0.1:8080", "/d/keys/private"},
		"a keyset elsewhere":      {config.Config{DataDir: "/d", KeysetFile: "/k"}, "http://127.0.0.1:8080", "/k"},
		"TLS":                     {config.Config{DataDir: "/d", TLSCert: "c"}, "https://127.0.0.1:8080", "/d/keys/private"},
		"every address":           {config.Config{DataDir: "/d", Listen: ":81"}, "http://localhost:81", "/d/keys/private"},
		"every address, spelt so": {config.Config{DataDir: "/d", Listen: "[::]:81"}, "http://localhost:81", "/d/keys/private"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := test.set.WithDefaults()
			if got.ExternalURL != test.url || got.KeysetFile != test.keys {
				t.Errorf("external URL and keyset = %s, %s; want %s, %s", got.ExternalURL, got.KeysetFile, test.url, test.keys)
			}
		})
	}
}

func TestSecretSettingsAreNeverShown(t *testing.T) {
	t.Parallel()
	const token = "the-token-of-the-administrator-0123456789"
	set := config.Config{AdminToken: token, DatabaseURL: "postgres://u:" + token + "@db/x"}
	marshalled, err := json.Marshal(map[string]any{"token": set.AdminToken, "database": set.DatabaseURL})
	if err != nil {
		t.Fatal(err)
	}
	var logged strings.Builder
	slog.New(slog.NewTextHandler(&logged, nil)).InfoContext(t.Context(), "x", slog.Any("config", set), slog.Any("token", set.AdminToken))

	for name, text := range map[string]string{
		"%v": fmt.Sprintf("%v", set), "%s": set.AdminToken.String(), "%+v": fmt.Sprintf("%+v", set), "%#v": fmt.Sprintf("%#v", set),
		"%q": fmt.Sprintf("%q", set.AdminToken), "%x": fmt.Sprintf("%x", set.AdminToken),
		"JSON": string(marshalled), "log": logged.String(),
	} {
		if strings.Contains(text, token) || strings.Contains(text, fmt.Sprintf("%x", token)) {
			t.Errorf("%s shows the token: %s", name, text)
		}
	}
	if set.AdminToken.Reveal() != token {
		t.Errorf("Reveal() = %q", set.AdminToken.Reveal())
	}
}
