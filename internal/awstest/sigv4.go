package awstest

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	signingAlgorithm = "AWS4-HMAC-SHA256"
	signingTime      = "20060102T150405Z"
	// maxSkew is by how much a signature's date may differ from AWS' clock, either way.
	maxSkew = 5 * time.Minute
	// identityLifetime is how long a presigned GetCallerIdentity is accepted, whatever it says of its own.
	identityLifetime = 15 * time.Minute
)

// signature is a claim to be checked: who signed what, and how.
type signature struct {
	keyID, date, region, service string
	signedHeaders                []string
	value                        string
	token                        string
	at                           time.Time
	presigned                    bool
	expires                      time.Duration // of a presigned request
}

// readSignature finds the signature of a request, in its header or its query.
func readSignature(r *http.Request) (signature, error) {
	if r.URL.Query().Has("X-Amz-Signature") {
		return presignature(r.URL.Query())
	}
	header := r.Header.Get("Authorization")
	fields, ok := strings.CutPrefix(header, signingAlgorithm+" ")
	if !ok {
		return signature{}, errUnsigned
	}
	parts := map[string]string{}
	for field := range strings.SplitSeq(fields, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(field), "=")
		parts[name] = value
	}
	s := signature{value: parts["Signature"], token: r.Header.Get("X-Amz-Security-Token")}
	return s.complete(parts["Credential"], parts["SignedHeaders"], r.Header.Get("X-Amz-Date"))
}

// presignature reads the signature of a presigned URL.
func presignature(query url.Values) (signature, error) {
	s := signature{value: query.Get("X-Amz-Signature"), token: query.Get("X-Amz-Security-Token"), presigned: true}
	if query.Get("X-Amz-Algorithm") != signingAlgorithm {
		return signature{}, fmt.Errorf("the algorithm is not %s", signingAlgorithm)
	}
	if text := query.Get("X-Amz-Expires"); text != "" {
		seconds, err := strconv.Atoi(text)
		if err != nil {
			return signature{}, fmt.Errorf("parse X-Amz-Expires: %w", err)
		}
		s.expires = time.Duration(seconds) * time.Second
	}
	return s.complete(query.Get("X-Amz-Credential"), query.Get("X-Amz-SignedHeaders"), query.Get("X-Amz-Date"))
}

// complete reads the scope, the list of headers and the date.
func (s signature) complete(credential, headers, date string) (signature, error) {
	scope := strings.Split(credential, "/")
	if len(scope) != 5 || scope[4] != "aws4_request" {
		return signature{}, fmt.Errorf("the credential must have a valid scope")
	}
	s.keyID, s.date, s.region, s.service = scope[0], scope[1], scope[2], scope[3]
	s.signedHeaders = strings.Split(headers, ";")
	if !slices.IsSorted(s.signedHeaders) || !slices.Contains(s.signedHeaders, "host") {
		return signature{}, fmt.Errorf("the signed headers must be sorted and hold host")
	}
	var err error
	if s.at, err = time.Parse(signingTime, date); err != nil {
		return signature{}, fmt.Errorf("parse the date of the signature: %w", err)
	}
	if !strings.HasPrefix(date, s.date) {
		return signature{}, fmt.Errorf("the date of the credential's scope is not that of the signature")
	}
	return s, nil
}

// fresh reports whether the signature is of about now.
func (s signature) fresh(now time.Time) bool {
	age := now.Sub(s.at)
	if s.presigned {
		lifetime := s.expires
		if s.service == "sts" {
			lifetime = identityLifetime
		}
		return age <= lifetime && age >= -maxSkew
	}
	return age.Abs() <= maxSkew
}

// signed is what a signature is computed over, besides itself.
type signed struct {
	method  string
	url     *url.URL
	host    string
	header  func(name string) []string
	payload []byte
}

// verify computes the signature anew.
func (s signature) verify(what signed, secret string) bool {
	sum := sha256.Sum256([]byte(s.canonical(what)))
	scope := strings.Join([]string{s.date, s.region, s.service, "aws4_request"}, "/")
	text := strings.Join([]string{signingAlgorithm, s.at.Format(signingTime), scope, hex.EncodeToString(sum[:])}, "\n")
	key := []byte("AWS4" + secret)
	for _, part := range []string{s.date, s.region, s.service, "aws4_request", text} {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(part))
		key = mac.Sum(nil)
	}
	return subtle.ConstantTimeCompare([]byte(hex.EncodeToString(key)), []byte(s.value)) == 1
}

// canonical is the request in the one form that both sides hash.
func (s signature) canonical(what signed) string {
	path := what.url.EscapedPath()
	if path == "" {
		path = "/"
	}
	lines := []string{what.method, escapePath(path), canonicalQuery(what.url.Query())}
	for _, name := range s.signedHeaders {
		values := what.header(name)
		if name == "host" {
			values = []string{what.host}
		}
		for i, value := range values {
			values[i] = strings.Join(strings.Fields(value), " ")
		}
		lines = append(lines, name+":"+strings.Join(values, ","))
	}
	sum := sha256.Sum256(what.payload)
	lines = append(lines, "", strings.Join(s.signedHeaders, ";"), hex.EncodeToString(sum[:]))
	return strings.Join(lines, "\n")
}

// canonicalQuery sorts and escapes all parameters but the signature.
func canonicalQuery(query url.Values) string {
	var pairs []string
	for name, values := range query {
		if name == "X-Amz-Signature" {
			continue
		}
		for _, value := range values {
			pairs = append(pairs, escape(name)+"="+escape(value))
		}
	}
	slices.Sort(pairs)
	return strings.Join(pairs, "&")
}

// escapePath escapes a path that is escaped already, as every service but S3 wants it.
func escapePath(path string) string {
	segments := strings.Split(path, "/")
	for i := range segments {
		segments[i] = escape(segments[i])
	}
	return strings.Join(segments, "/")
}

func escape(text string) string { return strings.ReplaceAll(url.QueryEscape(text), "+", "%20") }
