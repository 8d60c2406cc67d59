package eks

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/provision"
	"github.com/roadstead/roadstead/internal/secret"
)

// golden is what "aws eks get-token" printed, with all that went into it.
type golden struct {
	Date      time.Time `json:"date"`
	KeyID     string    `json:"access_key_id"`
	SecretKey string    `json:"secret_access_key"`
	Token     string    `json:"session_token"`
	Region    string    `json:"region"`
	Cluster   string    `json:"cluster"`
	Want      string    `json:"token"`
}

func readGolden(t *testing.T) (golden, provision.Session) {
	t.Helper()
	text, err := os.ReadFile("testdata/get-token.json")
	if err != nil {
		t.Fatal(err)
	}
	var g golden
	if err := json.Unmarshal(text, &g); err != nil {
		t.Fatal(err)
	}
	return g, provision.Session{
		AccessKeyID: secret.NewValue([]byte(g.KeyID)), SecretKey: secret.NewValue([]byte(g.SecretKey)),
		SessionToken: secret.NewValue([]byte(g.Token)), Region: g.Region, Partition: "aws",
	}
}

// question is the URL inside a token, taken apart: the order of what is asked means nothing.
func question(t *testing.T, token string) (host string, query url.Values) {
	t.Helper()
	encoded, ok := strings.CutPrefix(token, "k8s-aws-v1.")
	text, err := base64.RawURLEncoding.DecodeString(encoded)
	if err != nil || !ok {
		t.Fatalf("%q is no token: %v", token, err)
	}
	u, err := url.Parse(string(text))
	if err != nil {
		t.Fatal(err)
	}
	return u.Scheme + "://" + u.Host + u.Path, u.Query()
}

// TestBearerEqualsThatOfTheCommandLine compares with the AWS CLI for the same key, second and cluster, down to the
// signature.
func TestBearerEqualsThatOfTheCommandLine(t *testing.T) {
	t.Parallel()
	g, session := readGolden(t)
	token, err := bearer(t.Context(), session, g.Cluster, g.Date)
	if err != nil {
		t.Fatal(err)
	}
	wantHost, wantQuery := question(t, g.Want)
	host, query := question(t, revealed(token))
	if host != wantHost {
		t.Errorf("asks %s, want %s", host, wantHost)
	}
	if diff := cmp.Diff(wantQuery, query); diff != "" {
		t.Errorf("question (-want +got):\n%s", diff)
	}
}

func TestBearerOfAnotherClusterIsSignedOtherwise(t *testing.T) {
	t.Parallel()
	g, session := readGolden(t)
	token, err := bearer(t.Context(), session, "another-cluster", g.Date)
	if err != nil {
		t.Fatal(err)
	}
	_, mine := question(t, g.Want)
	_, other := question(t, revealed(token))
	if mine.Get("X-Amz-Signature") == other.Get("X-Amz-Signature") {
		t.Error("the name of the cluster is not signed")
	}
}

// TestBearerNamesTheTokenServiceOfItsRegion shows that no endpoint of an operator's leads a token elsewhere.
func TestBearerNamesTheTokenServiceOfItsRegion(t *testing.T) {
	t.Parallel()
	tests := []struct{ partition, region, want string }{
		{"aws", "eu-west-1", "https://sts.eu-west-1.amazonaws.com/"},
		{"aws-us-gov", "us-gov-west-1", "https://sts.us-gov-west-1.amazonaws.com/"},
		{"aws-cn", "cn-north-1", "https://sts.cn-north-1.amazonaws.com.cn/"},
		{"aws", "evil.example.com/", ""},
		{"aws", "", ""},
		{"aws-unknown", "eu-west-1", ""},
	}
	_, session := readGolden(t)
	for _, test := range tests {
		session.Partition, session.Region = test.partition, test.region
		cloud := New(Config{Guard: openGuard(t), Endpoint: "http://127.0.0.1:1"})
		token, err := cloud.Bearer(t.Context(), session, testRun())
		if test.want == "" {
			if apperr.CodeOf(err) != apperr.CloudRegion || !token.IsEmpty() {
				t.Errorf("%s %s: %v", test.partition, test.region, err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if host, _ := question(t, revealed(token)); host != test.want {
			t.Errorf("%s %s: asks %s, want %s", test.partition, test.region, host, test.want)
		}
	}
}

func TestNoSessionMakesNoBearer(t *testing.T) {
	t.Parallel()
	_, err := bearer(t.Context(), provision.Session{Region: "eu-west-1", Partition: "aws"}, "orders", time.Now())
	if provision.ClassOf(err) != provision.Expired {
		t.Errorf("%v, want it to be taken for an expired session", err)
	}
}
