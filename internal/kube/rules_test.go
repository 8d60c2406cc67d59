package kube

import (
	"testing"

	authorizationv1 "k8s.io/api/authorization/v1"
)

func TestRightsAreReadOffTheRules(t *testing.T) {
	t.Parallel()
	rule := func(verbs, groups, resources []string, names ...string) authorizationv1.ResourceRule {
		return authorizationv1.ResourceRule{Verbs: verbs, APIGroups: groups, Resources: resources, ResourceNames: names}
	}
	all := []string{"*"}
	get, core := []string{"get"}, []string{""}
	for name, tc := range map[string]struct {
		rule   authorizationv1.ResourceRule
		wanted Access
		want   bool
	}{
		"everything":            {rule(all, all, all), Access{Verb: "bind", Group: "g", Resource: "r", Name: "n"}, true},
		"as listed":             {rule(get, core, []string{"pods"}), Access{Verb: "get", Resource: "pods"}, true},
		"other verb":            {rule(get, core, []string{"pods"}), Access{Verb: "list", Resource: "pods"}, false},
		"other group":           {rule(get, core, []string{"pods"}), Access{Verb: "get", Group: "apps", Resource: "pods"}, false},
		"other resource":        {rule(get, core, []string{"pods"}), Access{Verb: "get", Resource: "secrets"}, false},
		"subresource":           {rule(get, core, []string{"pods/log"}), Access{Verb: "get", Resource: "pods", Subresource: "log"}, true},
		"only the subresource":  {rule(get, core, []string{"pods/log"}), Access{Verb: "get", Resource: "pods"}, false},
		"not the subresource":   {rule(get, core, []string{"pods"}), Access{Verb: "get", Resource: "pods", Subresource: "log"}, false},
		"subresource of any":    {rule(get, core, []string{"*/log"}), Access{Verb: "get", Resource: "pods", Subresource: "log"}, true},
		"subresource named log": {rule(get, core, []string{"*/"}), Access{Verb: "get", Resource: "pods"}, false},
		"that object":           {rule(get, core, []string{"pods"}, "a"), Access{Verb: "get", Resource: "pods", Name: "a"}, true},
		"other object":          {rule(get, core, []string{"pods"}, "a"), Access{Verb: "get", Resource: "pods", Name: "b"}, false},
		"all of some objects":   {rule(get, core, []string{"pods"}, "a"), Access{Verb: "get", Resource: "pods"}, false},
		"an object of all":      {rule(get, core, []string{"pods"}), Access{Verb: "get", Resource: "pods", Name: "a"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rules := &authorizationv1.SubjectRulesReviewStatus{ResourceRules: []authorizationv1.ResourceRule{tc.rule}}
			if ok, certain := judge(rules, tc.wanted); ok != tc.want || !certain {
				t.Errorf("allowed %v, certain %v", ok, certain)
			}
			rules.Incomplete = true
			if ok, certain := judge(rules, tc.wanted); ok != tc.want || certain != tc.want {
				t.Errorf("incomplete: allowed %v, certain %v", ok, certain)
			}
		})
	}
}
