package awstest

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

const (
	webhookPath   = "/token-review/"
	tokenPrefix   = "k8s-aws-v1."
	clusterHeader = "x-k8s-aws-id"
	// maxToken is what the authenticator of EKS reads of a token.
	maxToken = 4 << 10
	// maxExpires is the longest X-Amz-Expires of a token, in seconds.
	maxExpires = 900
)

// tokenReview is the part of authentication.k8s.io/v1 that API servers and their webhooks exchange.
type tokenReview struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Spec       struct {
		Token string `json:"token"`
	} `json:"spec"`
	Status reviewStatus `json:"status"`
}

type reviewStatus struct {
	Authenticated bool        `json:"authenticated"`
	User          *reviewUser `json:"user,omitempty"`
	Error         string      `json:"error,omitempty"`
}

type reviewUser struct {
	Username string              `json:"username"`
	UID      string              `json:"uid"`
	Groups   []string            `json:"groups"`
	Extra    map[string][]string `json:"extra,omitempty"`
}

// review answers an API server that was shown a bearer token. What is not a token for EKS may be somebody else's: it is
// not authenticated, without an error.
func (c *Cloud) review(w http.ResponseWriter, r *http.Request) {
	var review tokenReview
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxRequest)).Decode(&review); err != nil {
		http.Error(w, "not a TokenReview", http.StatusBadRequest)
		return
	}
	user, err := c.recognize(review.Spec.Token, r.PathValue("cluster"))
	review.Spec.Token = ""
	review.Status = reviewStatus{Authenticated: err == nil, User: user}
	if err != nil {
		review.Status.Error = err.Error()
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(review) //nolint:errchkjson // strings only; who does not listen has gone
}

// recognize says who a token's bearer is to the named cluster, or to whichever cluster it is for.
func (c *Cloud) recognize(token, name string) (*reviewUser, error) {
	question, claim, err := readToken(token)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.advance()
	if err := c.isSTS(question.Host, claim.region); err != nil {
		return nil, err
	}
	for _, found := range c.clustersNamed(name) {
		header := func(string) []string { return []string{found.name} }
		what := signed{method: http.MethodGet, url: question, host: question.Host, header: header}
		if !c.signedFor(claim, what) {
			continue // for another cluster, or forged
		}
		bearer, err := c.identify(claim, what, now, dialectOf("sts"))
		if err != nil {
			return nil, fmt.Errorf("sts refused the token: %w", err)
		}
		return found.admit(bearer, now)
	}
	return nil, fmt.Errorf("the token is not for a cluster here, or its signature is wrong")
}

// signedFor reports whether a signature is not a wrong one: of a key that is not known, nothing can be said.
func (c *Cloud) signedFor(claim signature, what signed) bool {
	known := c.keys[claim.keyID]
	return known == nil || claim.verify(what, known.secret)
}

// clustersNamed are those that exist, of all accounts and regions.
func (c *Cloud) clustersNamed(name string) []*cluster {
	var found []*cluster
	for _, a := range c.accounts {
		for _, r := range a.regions {
			for _, k := range r.clusters {
				if (name == "" || k.name == name) && k.status != "CREATING" {
					found = append(found, k)
				}
			}
		}
	}
	return found
}

// readToken checks all of a token that can be checked without knowing anybody.
func readToken(token string) (*url.URL, signature, error) {
	if len(token) > maxToken {
		return nil, signature{}, fmt.Errorf("the token is longer than %d bytes", maxToken)
	}
	encoded, ok := strings.CutPrefix(token, tokenPrefix)
	if !ok {
		return nil, signature{}, fmt.Errorf("the token does not begin with %s", tokenPrefix)
	}
	data, err := base64.RawURLEncoding.DecodeString(encoded)
	if err != nil {
		return nil, signature{}, fmt.Errorf("the token is not base64url without padding")
	}
	question, err := url.Parse(string(data))
	if err != nil || question.Scheme != "https" || question.Path != "/" || question.User != nil || question.Fragment != "" {
		return nil, signature{}, fmt.Errorf("the token holds no https URL with the path /")
	}
	if err := checkQuery(question.Query()); err != nil {
		return nil, signature{}, err
	}
	claim, err := presignature(question.Query())
	if err != nil {
		return nil, signature{}, fmt.Errorf("read the token's signature: %w", err)
	}
	if claim.service != "sts" || !slices.Equal(claim.signedHeaders, []string{"host", clusterHeader}) {
		return nil, signature{}, fmt.Errorf("the token must sign exactly host and %s, for sts", clusterHeader)
	}
	if claim.expires < 0 || claim.expires > maxExpires*time.Second {
		return nil, signature{}, fmt.Errorf("the token's X-Amz-Expires is not within 0 and %d", maxExpires)
	}
	return question, claim, nil
}

// checkQuery refuses what is not on the list of parameters, or there twice.
func checkQuery(query url.Values) error {
	known := []string{
		"Action", "Version", "X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-Security-Token",
		"X-Amz-Signature", "X-Amz-SignedHeaders",
	}
	for name, values := range query {
		if !slices.Contains(known, name) || len(values) != 1 {
			return fmt.Errorf("the token's URL has the parameter %q, or has it twice", name)
		}
	}
	if query.Get("Action") != "GetCallerIdentity" {
		return fmt.Errorf("the token's action is not GetCallerIdentity")
	}
	return nil
}

// isSTS reports whether a host is the token service of a region that exists here.
func (c *Cloud) isSTS(host, region string) error {
	suffix := "amazonaws.com"
	if c.config.Partition == "aws-cn" {
		suffix = "amazonaws.com.cn"
	}
	hosts := []string{"sts." + region + "." + suffix, "sts-fips." + region + "." + suffix, "sts." + region + ".api.aws"}
	if c.config.Partition == "aws" {
		hosts = append(hosts, "sts.amazonaws.com")
	}
	if !slices.Contains(c.config.Regions, region) || !slices.Contains(hosts, host) {
		return fmt.Errorf("the token's host is not a token service of the partition")
	}
	return nil
}

// admit finds the access entry of a bearer.
func (c *cluster) admit(bearer *credential, now time.Time) (*reviewUser, error) {
	principal, id := bearer.arn(), bearer.uniqueID()
	if bearer.role != nil {
		principal, id = bearer.role.arn, bearer.role.id
	}
	found := c.entries[principal]
	if found == nil || (found.principalID != "" && found.principalID != id) || now.Before(found.effective) {
		return nil, fmt.Errorf("no access entry for %s", principal)
	}
	name := strings.ReplaceAll(found.username, "{{SessionName}}", strings.ReplaceAll(bearer.sessionName, "@", "-"))
	user := &reviewUser{
		Username: fallback(name, principal), UID: "aws-iam-authenticator:" + bearer.account.id + ":" + id,
		Groups: slices.Clone(found.groups), Extra: map[string][]string{"arn": {bearer.arn()}, "sessionName": {bearer.sessionName}},
	}
	for arn, policy := range found.policies {
		switch {
		case policy.scope != "cluster":
		case strings.HasSuffix(arn, "/"+AdminPolicy):
			user.Groups = append(user.Groups, "system:masters")
		case strings.HasSuffix(arn, "/"+ViewPolicy):
			user.Groups = append(user.Groups, ViewGroup)
		}
	}
	return user, nil
}
