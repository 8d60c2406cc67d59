package manifest

import (
	admissionv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/roadstead/roadstead/internal/cluster"
)

// Guardrails names, among the features of the printed manifest, the admission policies for tenants' namespaces.
// They say what RBAC cannot, and take a cluster administrator to apply; nothing works only with them.
const Guardrails cluster.Feature = "guardrails"

// guardrail is one admission policy for the namespaces of tenants.
type guardrail struct {
	name       string
	resources  []string // of the core group
	operations []admissionv1.OperationType
	when       string // a condition in CEL; empty: always
	rules      []guardRule
}

// guardRule must hold, else the request is refused with the message.
type guardRule struct{ expression, message string }

// byTenant is true for the accounts of the namespace itself: people, CI jobs and pods of the tenant, but neither
// us nor the cluster's own controllers.
const byTenant = "request.userInfo.username.startsWith('system:serviceaccount:' + request.namespace + ':')"

func guardrails() []guardrail {
	const (
		create  = admissionv1.Create
		update  = admissionv1.Update
		destroy = admissionv1.Delete
	)
	return []guardrail{
		{"pods", []string{"pods"}, []admissionv1.OperationType{create}, "", []guardRule{
			{"object.spec.?nodeName.orValue('') == ''", "A pod may not choose its node by name."},
			{
				"object.spec.?tolerations.orValue([]).all(t, t.?key.orValue('') != '' && !t.key.startsWith('node-role.kubernetes.io/'))",
				"A pod may not tolerate every taint, nor those of control-plane nodes.",
			},
			{"!object.spec.?priorityClassName.orValue('').startsWith('system-')", "The priority classes of the system are not for tenants."},
		}},
		{"services", []string{"services"}, []admissionv1.OperationType{create, update}, "", []guardRule{
			{"object.spec.type == 'ClusterIP'", "Services of tenants are of type ClusterIP; an Ingress leads in from outside."},
			{"object.spec.?externalIPs.orValue([]).size() == 0", "External addresses are not for tenants."},
		}},
		{"secrets", []string{"secrets"}, []admissionv1.OperationType{create, update}, byTenant, []guardRule{
			{
				"object.?type.orValue('') != 'kubernetes.io/service-account-token'",
				"Tokens without an end are not made here; ask Roadstead for one that ends.",
			},
		}},
		{"volumes", []string{"persistentvolumeclaims"}, []admissionv1.OperationType{create}, byTenant, []guardRule{
			{"object.spec.?volumeName.orValue('') == ''", "A claim may not choose a volume that exists."},
		}},
		{"managed", []string{"secrets", "serviceaccounts"}, []admissionv1.OperationType{update, destroy}, byTenant, []guardRule{
			{
				"oldObject.metadata.?labels['" + ManagedByLabel + "'].orValue('') != '" + ManagedBy + "'",
				"Roadstead manages this object.",
			},
			{
				"request.resource.resource != 'serviceaccounts' || request.name != 'default'",
				"The default account of the namespace stays as it is.",
			},
		}},
	}
}

// guardrailObjects are the policies with their bindings.
func guardrailObjects() []runtime.Object {
	var objects []runtime.Object
	for _, g := range guardrails() {
		objects = append(objects, g.policy(), g.binding())
	}
	return objects
}

func (g guardrail) policy() *admissionv1.ValidatingAdmissionPolicy {
	spec := admissionv1.ValidatingAdmissionPolicySpec{
		FailurePolicy: new(admissionv1.Fail),
		MatchConstraints: &admissionv1.MatchResources{ResourceRules: []admissionv1.NamedRuleWithOperations{{
			RuleWithOperations: admissionv1.RuleWithOperations{
				Operations: g.operations,
				Rule:       admissionv1.Rule{APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: g.resources},
			},
		}}},
	}
	if g.when != "" {
		spec.MatchConditions = []admissionv1.MatchCondition{{Name: "by-tenant", Expression: g.when}}
	}
	for _, r := range g.rules {
		spec.Validations = append(spec.Validations, admissionv1.Validation{
			Expression: r.expression, Message: r.message, Reason: new(metav1.StatusReasonForbidden),
		})
	}
	return &admissionv1.ValidatingAdmissionPolicy{
		TypeMeta: admissionType("ValidatingAdmissionPolicy"), ObjectMeta: g.meta(), Spec: spec,
	}
}

// binding puts a policy on the namespaces of tenants, but not on those of the profile of the predecessor.
func (g guardrail) binding() *admissionv1.ValidatingAdmissionPolicyBinding {
	return &admissionv1.ValidatingAdmissionPolicyBinding{
		TypeMeta: admissionType("ValidatingAdmissionPolicyBinding"), ObjectMeta: g.meta(),
		Spec: admissionv1.ValidatingAdmissionPolicyBindingSpec{
			PolicyName:        g.meta().Name,
			ValidationActions: []admissionv1.ValidationAction{admissionv1.Deny},
			MatchResources: &admissionv1.MatchResources{NamespaceSelector: &metav1.LabelSelector{
				MatchLabels: map[string]string{ManagedByLabel: ManagedBy},
				MatchExpressions: []metav1.LabelSelectorRequirement{
					{Key: EnvironmentLabel, Operator: metav1.LabelSelectorOpExists},
					{Key: podSecurityPrefix + "enforce", Operator: metav1.LabelSelectorOpIn, Values: []string{"restricted", "baseline"}},
				},
			}},
		},
	}
}

func (g guardrail) meta() metav1.ObjectMeta {
	return metav1.ObjectMeta{Name: "roadstead-tenant-" + g.name, Labels: ours(nil)}
}

func admissionType(kind string) metav1.TypeMeta {
	return metav1.TypeMeta{APIVersion: admissionv1.SchemeGroupVersion.String(), Kind: kind}
}
