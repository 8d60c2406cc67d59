package cluster

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/egress"
	"github.com/roadstead/roadstead/internal/secret"
)

// Limits of texts. A name is shown everywhere; the others are what DNS and
// Kubernetes allow.
const (
	maxName      = 255
	maxScope     = 255
	maxHost      = 253
	maxLabel     = 63
	scopeMessage = "can contain only letters, digits, '-', '_', '/', '$', '{', '}', '.', '*' and spaces"
)

var (
	// What the predecessor allows in an environment scope.
	scopeText = regexp.MustCompile(`^[A-Za-z0-9_/${}.* -]+$`)
	// A name may hold anything printable, but an id must not be mistaken for it.
	nameText  = regexp.MustCompile(`^[\pL\pN][\pL\pN ._:/@()+-]*$`)
	idText    = regexp.MustCompile(`^[0-9]+$`)
	labelText = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`)
)

// check cleans what changed of a cluster, says what is wrong with it, and
// returns nil when nothing is. The cluster before is zero when it is new. The
// stranger is what was found to be wrong with its management project.
func (s *Service) check(c *Cluster, before Cluster, token secret.Value, stranger string) error {
	var p Problems
	fresh := before.ID == 0
	check := func(attribute, was string, text *string, rule func(string) (string, string)) {
		if fresh || *text != was {
			clean, message := rule(*text)
			*text = clean
			p.add(attribute, message)
		}
	}
	check(AttributeName, before.Name, &c.Name, checkName)
	check(AttributeScope, before.EnvironmentScope, &c.EnvironmentScope, checkScope)
	check(AttributeDomain, before.Domain, &c.Domain, checkDomain)
	p.add(AttributeManagementProject, stranger)
	refused := s.checkTarget(c, before, &p)
	p.add(AttributeToken, checkToken(token, *c, before))
	check(AttributeNamespace, before.Platform.Namespace, &c.Platform.Namespace, checkNamespace)
	p.add(AttributeNamespace, namespaceAllowed(*c, before))
	p.add(AttributeAuthorization, checkAuthorization(c))
	if refused != nil && len(p) == 1 {
		return refused.With(errors.Join(p, errors.Unwrap(refused)))
	}
	return p.Err()
}

// checkTarget puts address and CA into canonical form. It returns the error of
// an address that is well formed but may not be dialled.
func (s *Service) checkTarget(c *Cluster, before Cluster, p *Problems) (refused *apperr.Error) {
	if before.ID != 0 && c.Platform.sameTarget(before.Platform) {
		return nil
	}
	ca, message := parseCA(c.Platform.CAPEM)
	if c.Platform.CAPEM = ca; strings.TrimSpace(c.Platform.APIURL) == "" {
		p.add(AttributeAPIURL, "can't be blank")
	} else {
		refused = s.checkAddress(c, p)
	}
	p.add(AttributeCA, message)
	return refused
}

// checkAddress says why an address is refused, without any name being
// resolved. One that an operator may open is refused with the exact setting.
func (s *Service) checkAddress(c *Cluster, p *Problems) *apperr.Error {
	address, err := s.Guard.CheckURL(c.Platform.APIURL, "https")
	if err == nil {
		c.Platform.APIURL = address.String()
		return nil
	}
	if e, ok := errors.AsType[*egress.URLError](err); ok {
		p.add(AttributeAPIURL, "is blocked: "+e.Reason+" (give it as https://HOST[:PORT][/PATH])")
		return nil
	}
	p.add(AttributeAPIURL, "is blocked: Requests to this address are not allowed")
	refused := apperr.Of(apperr.ClusterAddressRefused).With(err)
	if e, ok := errors.AsType[*egress.RefusedError](err); ok && e.Setting != "" {
		return refused.WithHint("An operator can open this address with " + e.Setting + ".")
	}
	return refused
}

func checkName(name string) (clean, message string) {
	name = strings.TrimSpace(name)
	switch {
	case name == "":
		return name, " has to be present"
	case utf8.RuneCountInString(name) > maxName:
		return name, "is too long (maximum is 255 characters)"
	case idText.MatchString(name):
		return name, "must be a name, not a number, which would be taken for an id"
	case !nameText.MatchString(name):
		return name, "must begin with a letter or digit and hold only letters, digits, spaces and . _ : / @ ( ) + - (at most 255)"
	}
	return name, ""
}

// checkScope cleans an environment scope; an empty one covers everything.
func checkScope(scope string) (clean, message string) {
	if scope = strings.TrimSpace(scope); scope == "" {
		scope = "*"
	}
	switch {
	case len(scope) > maxScope:
		return scope, "is too long (maximum is 255 characters)"
	case !scopeText.MatchString(scope):
		return scope, scopeMessage
	}
	return scope, ""
}

// checkDomain cleans a host name; an empty one is none.
func checkDomain(domain string) (clean, message string) {
	domain = strings.ToLower(strings.TrimSpace(domain))
	if domain == "" {
		return "", ""
	}
	if len(domain) > maxHost {
		return domain, "must be between 1 and 253 characters long"
	}
	for label := range strings.SplitSeq(domain, ".") {
		switch {
		case label == "" || len(label) > maxLabel:
			return domain, "label must be between 1 and 63 characters long"
		case label[0] == '-' || label[len(label)-1] == '-':
			return domain, "label begins or ends with hyphen"
		case !labelText.MatchString(label):
			return domain, "label contains invalid characters (valid characters: [a-z0-9-])"
		}
	}
	return domain, ""
}

func checkNamespace(namespace string) (clean, message string) {
	namespace = strings.ToLower(strings.TrimSpace(namespace))
	switch {
	case namespace == "":
		return "", ""
	case len(namespace) > maxLabel:
		return namespace, "is too long (maximum is 63 characters)"
	case !labelText.MatchString(namespace):
		return namespace, "can contain only lowercase letters, digits, and '-'. Must start with a letter or digit, and cannot end with '-'"
	case Reserved(namespace):
		return namespace, "is reserved"
	}
	return namespace, ""
}

// namespaceAllowed refuses a namespace that several projects would be put in.
func namespaceAllowed(c, before Cluster) (message string) {
	shared := c.Platform.Namespace != "" && c.Managed && c.Level != Project
	was := before.Platform.Namespace != "" && before.Managed && before.Level != Project
	if shared && !was {
		return "only allowed for project cluster"
	}
	return ""
}

// Reserved reports whether a namespace belongs to the cluster or to us.
func Reserved(namespace string) bool {
	return namespace == ManagedApps || namespace == Account || namespace == "default" ||
		strings.HasPrefix(namespace, "kube-") || strings.HasPrefix(namespace, "openshift-")
}

// checkToken takes what can stand behind "Bearer" in a header: visible
// characters without a space. The word itself is pasted along now and then. A
// cluster that is pointed elsewhere needs its token again.
func checkToken(token secret.Value, c, before Cluster) (message string) {
	switch {
	case token.IsEmpty() && before.ID == 0:
		return "can't be blank; `roadstead cluster manifest` prints an account that has one"
	case token.IsEmpty() && !c.Platform.sameTarget(before.Platform):
		return "must be given again when api_url or ca_cert changes"
	case token.IsEmpty():
		return ""
	}
	usable := false
	token.Reveal(func(b []byte) {
		odd := bytes.IndexFunc(b, func(r rune) bool { return r <= ' ' || r > '~' })
		usable = odd < 0 && !bytes.EqualFold(b, []byte("bearer"))
	})
	if !usable {
		return "must be the token of a service account and nothing else; `roadstead cluster manifest` prints an account that has one"
	}
	return ""
}

func checkAuthorization(c *Cluster) (message string) {
	if c.AuthorizationType == "" {
		c.AuthorizationType = RBAC
	}
	if !slices.Contains([]Authorization{RBAC, ABAC, UnknownAuthorization}, c.AuthorizationType) {
		return "does not have a valid value"
	}
	return ""
}

func checkLevel(c Cluster) error {
	ok := false
	switch c.Level {
	case Instance:
		ok = c.GroupID == 0 && c.ProjectID == 0
	case Group:
		ok = c.GroupID != 0 && c.ProjectID == 0
	case Project:
		ok = c.GroupID == 0 && c.ProjectID != 0
	}
	if !ok {
		return invalid("level", "A cluster belongs to the instance, to one group, or to one project.")
	}
	return nil
}

// parseCA accepts one or more certificates in PEM and nothing else, and returns
// them in canonical form.
func parseCA(text string) (clean, message string) {
	const notPEM = "must be a valid PEM certificate"
	rest, out := []byte(strings.TrimSpace(text)), strings.Builder{}
	for len(rest) > 0 {
		var block *pem.Block
		block, rest = pem.Decode(rest)
		if block == nil || block.Type != "CERTIFICATE" {
			return text, notPEM
		}
		if _, err := x509.ParseCertificate(block.Bytes); err != nil {
			return text, notPEM
		}
		out.Write(pem.EncodeToMemory(&pem.Block{Type: block.Type, Bytes: block.Bytes}))
		rest = []byte(strings.TrimSpace(string(rest)))
	}
	return out.String(), ""
}

func invalid(field, hint string) error {
	e := apperr.Of(apperr.ValidationFailed)
	return e.WithMessage("The " + field + " is not acceptable.").WithHint(hint)
}
