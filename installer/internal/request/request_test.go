package request_test

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/roadstead/roadstead/installer/internal/request"
)

const valid = `{"operation":"op-1","action":"install","application":"web","release":"web","namespace":"web",
"chart":{"repository":"https://charts.example.com/stable","name":"web","version":"1.0.0","digest":""},
"timeout_seconds":1500,"wait":"watcher","egress_allow":"127.0.0.1/32:8080","egress_refuse":["203.0.113.0/24"]}`

func TestDecode(t *testing.T) {
	t.Parallel()
	got, err := request.Decode(strings.NewReader(valid))
	if err != nil {
		t.Fatal(err)
	}
	want := request.Request{
		Operation: "op-1", Action: request.Install, Application: "web", Release: "web", Namespace: "web",
		Chart:          request.Chart{Repository: "https://charts.example.com/stable", Name: "web", Version: "1.0.0"},
		TimeoutSeconds: 1500, Wait: "watcher", EgressAllow: "127.0.0.1/32:8080",
		EgressRefuse: []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24")},
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateComparable(netip.Prefix{})); diff != "" || got.Timeout() != 25*time.Minute {
		t.Errorf("timeout %v, %s", got.Timeout(), diff)
	}
}

func TestUninstallNeedsNoChart(t *testing.T) {
	t.Parallel()
	_, err := request.Decode(strings.NewReader(`{"operation":"op-1","action":"uninstall","application":"web","release":"web",
		"namespace":"web","timeout_seconds":60,"wait":"watcher"}`))
	if err != nil {
		t.Error(err)
	}
}

func TestRefusedRequests(t *testing.T) {
	t.Parallel()
	for name, change := range map[string][2]string{
		"unknown field":             {`"wait"`, `"dry_run":true,"wait"`},
		"something after it":        {`/24"]}`, `/24"]} {}`},
		"no JSON":                   {`{"operation"`, `"operation"`},
		"unknown action":            {`"install"`, `"rollback"`},
		"other way to wait":         {`"watcher"`, `"legacy"`},
		"no time":                   {`1500`, `0`},
		"too much time":             {`1500`, `7201`},
		"chart name with dots":      {`"name":"web"`, `"name":".."`},
		"chart name that is a path": {`"name":"web"`, `"name":"a/../../b"`},
		"version range":             {`"1.0.0"`, `"^1.0.0"`},
		"no version":                {`"1.0.0"`, `""`},
		"digest of another kind":    {`"digest":""`, `"digest":"md5:00"`},
		"repository on a disk":      {`https://charts`, `file:///charts`},
		"release with capitals":     {`"release":"web"`, `"release":"Web"`},
		"no namespace":              {`"namespace":"web"`, `"namespace":""`},
		"operation with a newline":  {`op-1`, `op-1\n`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := strings.Replace(valid, change[0], change[1], 1)
			if _, err := request.Decode(strings.NewReader(text)); err == nil || text == valid {
				t.Errorf("accepted %s", text)
			}
		})
	}
}
