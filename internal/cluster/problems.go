package cluster

import (
	"slices"
	"strings"

	"github.com/roadstead/roadstead/internal/apperr"
)

// Attributes of a cluster, as the predecessor's API names them.
const (
	AttributeName              = "name"
	AttributeScope             = "environment_scope"
	AttributeDomain            = "domain"
	AttributeManagementProject = "management_project_id"
	AttributeAPIURL            = "platform_kubernetes.api_url"
	AttributeToken             = "platform_kubernetes.token"
	AttributeCA                = "platform_kubernetes.ca_cert"
	AttributeNamespace         = "platform_kubernetes.namespace"
	AttributeAuthorization     = "platform_kubernetes.authorization_type"
	// AttributeBase stands for the cluster as a whole.
	AttributeBase = "base"
)

// Invalid is what is wrong with one attribute of a cluster, in messages that
// go on from the attribute's name. They are the predecessor's where it has
// the rule.
type Invalid struct {
	Attribute string
	Messages  []string
}

// Problems are everything that is wrong with a cluster as it was asked for, in
// the order of its attributes. They are the cause of a validation error.
//
//nolint:errname,recvcheck // it is a list, which is filled and looked into
type Problems []Invalid

// Error lists the problems.
func (p Problems) Error() string {
	texts := make([]string, len(p))
	for i, invalid := range p {
		texts[i] = invalid.Attribute + " " + strings.Join(trimmed(invalid.Messages), ", ")
	}
	return strings.Join(texts, "; ")
}

// add notes a problem, unless there is none.
func (p *Problems) add(attribute, message string) {
	if message == "" {
		return
	}
	if i := slices.IndexFunc(*p, func(i Invalid) bool { return i.Attribute == attribute }); i >= 0 {
		(*p)[i].Messages = append((*p)[i].Messages, message)
		return
	}
	*p = append(*p, Invalid{Attribute: attribute, Messages: []string{message}})
}

// Err is the error that people see, nil without problems.
func (p Problems) Err() error {
	if len(p) == 0 {
		return nil
	}
	names, sentences := make([]string, len(p)), make([]string, len(p))
	for i, invalid := range p {
		names[i] = spoken(invalid.Attribute)
		sentences[i] = capital(names[i]) + ": " + strings.Join(trimmed(invalid.Messages), "; ") + "."
	}
	verb := " is not acceptable."
	if len(p) > 1 {
		verb = " are not acceptable."
	}
	return apperr.Of(apperr.ValidationFailed).With(p).
		WithMessage("The " + enumerate(names) + verb).WithHint(strings.Join(sentences, " "))
}

// spoken is an attribute in the words of people.
func spoken(attribute string) string {
	switch attribute {
	case AttributeAPIURL:
		return "API URL"
	case AttributeCA:
		return "CA certificate"
	case AttributeBase:
		return "cluster"
	case AttributeManagementProject:
		return "management project"
	}
	_, last, found := strings.Cut(attribute, ".")
	if !found {
		last = attribute
	}
	return strings.ReplaceAll(last, "_", " ")
}

func capital(text string) string { return strings.ToUpper(text[:1]) + text[1:] }

func enumerate(names []string) string {
	last := len(names) - 1
	if last == 0 {
		return names[0]
	}
	return strings.Join(names[:last], ", ") + " and " + names[last]
}

// trimmed takes the space off that some of the predecessor's messages begin
// with.
func trimmed(messages []string) []string {
	out := make([]string, len(messages))
	for i, message := range messages {
		out[i] = strings.TrimSpace(message)
	}
	return out
}
