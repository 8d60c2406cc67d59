package awstest

import (
	"net/http"
	"strconv"
	"time"
)

// authenticate finds the caller.
func (x *exchange) authenticate(r *http.Request, payload []byte, claim signature) error {
	words := dialectOf(x.service)
	what := signed{
		method: r.Method, url: r.URL, host: r.Host, payload: payload,
		header: func(name string) []string {
			if values := r.Header.Values(name); len(values) > 0 || name != "content-length" {
				return append([]string(nil), values...)
			}
			return []string{strconv.Itoa(len(payload))}
		},
	}
	known, err := x.cloud.identify(claim, what, x.now, words)
	if err != nil {
		return err
	}
	x.caller = known
	region := claim.region
	if x.service == "iam" {
		region = x.cloud.config.Regions[0] // IAM is in no region
	}
	if x.region = known.account.regions[region]; x.region == nil {
		return fail(words.statusUnknownKey, words.unknownKey, "The security token included in the request is invalid")
	}
	return nil
}

// identify returns whose signature it is.
func (c *Cloud) identify(claim signature, what signed, now time.Time, words dialect) (*credential, error) {
	known := c.keys[claim.keyID]
	if known == nil || known.token != claim.token || !known.alive() {
		return nil, fail(words.statusUnknownKey, words.unknownKey, "The security token included in the request is invalid")
	}
	if !claim.verify(what, known.secret) {
		return nil, fail(http.StatusForbidden, words.badSignature,
			"The request signature we calculated does not match the signature you provided.")
	}
	if !claim.fresh(now) {
		return nil, fail(http.StatusForbidden, words.stale, "Signature expired: %s is not within %s of %s",
			claim.at.Format(signingTime), maxSkew, now.UTC().Format(signingTime))
	}
	if !known.expires.IsZero() && !now.Before(known.expires) {
		return nil, fail(words.statusExpired, words.expired, "The security token included in the request is expired")
	}
	return known, nil
}

func (x *exchange) authorize(op operation) error {
	if op.open {
		return nil
	}
	asked := request{action: x.service + ":" + x.operation, resource: "*", context: map[string]string{}}
	if op.resource != nil {
		asked.resource = op.resource(x)
	}
	if x.caller.may(asked) {
		return nil
	}
	return deny(x.service, x.caller, asked)
}
