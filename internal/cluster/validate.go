package cluster

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"regexp"
	"strings"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/egress"
	"github.com/roadstead/roadstead/internal/secret"
)

// maxName is the longest name of a cluster; it is shown everywhere.
const maxName = 255

// What the predecessor allows in an environment scope.
var scopeText = regexp.MustCompile(`^[A-Za-z0-9_/${}.* -]+$`)

// A name may hold anything printable, but an id must not be mistaken for it.
var (
	nameText = regexp.MustCompile(`^[\pL\pN][\pL\pN ._:/@()+-]*$`)
	idText   = regexp.MustCompile(`^[0-9]+$`)
)

// validate cleans the request and returns the platform it describes.
func (s *Service) validate(r *AttachRequest) (p Platform, err error) {
	if r.Name, err = checkName(r.Name); err != nil {
		return Platform{}, err
	}
	if r.EnvironmentScope, err = checkScope(r.EnvironmentScope); err != nil {
		return Platform{}, err
	}
	if err := validateLevel(*r); err != nil {
		return Platform{}, err
	}
	if err := checkToken(r.Token); err != nil {
		return Platform{}, err
	}
	if err := checkFeatures(r.OwnIdentity); err != nil {
		return Platform{}, err
	}
	return s.checkPlatform(r.APIURL, r.CAPEM)
}

func checkName(name string) (string, error) {
	name = strings.TrimSpace(name)
	if name == "" || len(name) > maxName || !nameText.MatchString(name) || idText.MatchString(name) {
		return "", invalid("name", "A name begins with a letter or digit, is not a number, and has at most 255 characters.")
	}
	return name, nil
}

// checkScope cleans an environment scope; an empty one covers everything.
func checkScope(scope string) (string, error) {
	if scope = strings.TrimSpace(scope); scope == "" {
		scope = "*"
	}
	if !scopeText.MatchString(scope) {
		return "", invalid("environment scope",
			"A scope has letters, digits, spaces and - _ / $ { } . and * for any run of characters.")
	}
	return scope, nil
}

// checkToken takes what can stand behind "Bearer" in a header: visible
// characters without a space. The word itself is pasted along now and then.
func checkToken(token secret.Value) error {
	usable := false
	token.Reveal(func(b []byte) {
		odd := bytes.IndexFunc(b, func(r rune) bool { return r <= ' ' || r > '~' })
		usable = len(b) > 0 && odd < 0 && !bytes.EqualFold(b, []byte("bearer"))
	})
	if !usable {
		return invalid("token", "Give the token of a service account, and nothing else; `roadstead cluster manifest` prints one that fits.")
	}
	return nil
}

// checkPlatform returns address and CA in canonical form.
func (s *Service) checkPlatform(apiURL, caPEM string) (Platform, error) {
	ca, err := parseCA(caPEM)
	if err != nil {
		return Platform{}, err
	}
	address, err := s.Guard.CheckURL(apiURL, "https")
	if err != nil {
		return Platform{}, addressError(err)
	}
	return Platform{APIURL: address.String(), CAPEM: ca}, nil
}

func validateLevel(r AttachRequest) error {
	ok := false
	switch r.Level {
	case Instance:
		ok = r.GroupID == 0 && r.ProjectID == 0
	case Group:
		ok = r.GroupID != 0 && r.ProjectID == 0
	case Project:
		ok = r.GroupID == 0 && r.ProjectID != 0
	}
	if !ok {
		return invalid("level", "A cluster belongs to the instance, to one group, or to one project.")
	}
	return nil
}

// parseCA accepts one or more certificates in PEM and nothing else, and returns
// them in canonical form.
func parseCA(text string) (string, error) {
	rest, out := []byte(strings.TrimSpace(text)), strings.Builder{}
	for len(rest) > 0 {
		var block *pem.Block
		block, rest = pem.Decode(rest)
		if block == nil || block.Type != "CERTIFICATE" {
			return "", invalid("CA certificate", "Give certificates in PEM form, without a private key.")
		}
		if _, err := x509.ParseCertificate(block.Bytes); err != nil {
			return "", invalid("CA certificate", "One of the certificates cannot be read.")
		}
		out.Write(pem.EncodeToMemory(&pem.Block{Type: block.Type, Bytes: block.Bytes}))
		rest = []byte(strings.TrimSpace(string(rest)))
	}
	return out.String(), nil
}

// addressError says why an address is refused. An address that an operator may
// open is refused with the exact setting.
func addressError(err error) error {
	refused := apperr.Of(apperr.ClusterAddressRefused).With(err)
	if e, ok := errors.AsType[*egress.RefusedError](err); ok && e.Setting != "" {
		return refused.WithHint("An operator can open this address with " + e.Setting + ".")
	}
	if e, ok := errors.AsType[*egress.URLError](err); ok {
		return invalid("API URL", "Give it as https://HOST[:PORT][/PATH]: "+e.Reason+".")
	}
	return refused
}

func invalid(field, hint string) error {
	e := apperr.Of(apperr.ValidationFailed)
	return e.WithMessage("The " + field + " is not acceptable.").WithHint(hint)
}
