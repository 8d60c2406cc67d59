package verdict

import (
	"regexp"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Some answers carry what matters in their text alone. What is taken out of it are names, by patterns that
// match nothing but names.

// ofForbidden tells apart what the API server forbids: to the account of this pod, or to anybody.
func ofForbidden(message string) (Code, []string) {
	switch {
	case strings.Contains(message, "violates PodSecurity"), strings.Contains(message, "exceeded quota"):
		return PodRefused, find(message, `^(\S+) "([^"]+)" is forbidden`, "$1 $2")
	case strings.Contains(message, "is attempting to grant RBAC permissions"):
		return RightsMissing, find(message, `^(\S+) "([^"]+)" is forbidden`, "grant $1 $2")
	}
	if detail := find(message, `cannot (\w+) resource "([\w./-]+)" in API group "([\w.-]*)"`, "$1 $2.$3"); detail != nil {
		return RightsMissing, []string{strings.TrimSuffix(detail[0], ".")} // the core group has no name
	}
	if detail := find(message, `cannot (\w+) path "([\w./-]+)"`, "$1 $2"); detail != nil {
		return RightsMissing, detail
	}
	if strings.Contains(message, "User ") {
		return RightsMissing, nil
	}
	return InstallFailed, webhook(message)
}

// mistyped names the fields that an object's kind does not take as they are: values of a wrong type, where the chart
// has no schema that would have said so.
func mistyped(message string) []string {
	if !strings.Contains(message, "failed to create typed patch object") {
		return nil
	}
	return find(message, `(\.[\w.\[\]"=/-]+): (?:expected|field not declared)`, "$1")
}

// webhook names the admission webhook or policy that an answer is about.
func webhook(message string) []string {
	for _, pattern := range []string{
		`(?:failed calling|admission) webhook "([\w./-]+)"`,
		`ValidatingAdmissionPolicy '([\w./-]+)'`,
	} {
		if found := find(message, pattern, "admission $1"); found != nil {
			return found
		}
	}
	return nil
}

// about names the object that an answer is about, and the fields of it.
func about(answer metav1.Status) []string {
	if answer.Details == nil {
		return nil
	}
	var list []string
	if d := answer.Details; d.Name != "" {
		list = append(list, strings.TrimSpace(d.Kind+" "+d.Name))
	}
	for _, c := range answer.Details.Causes {
		if c.Field != "" {
			list = append(list, c.Field)
		}
	}
	return list
}

// ofHelm knows the errors of Helm that have no type.
func ofHelm(err error) (Code, []string) {
	text := err.Error()
	switch {
	case strings.Contains(text, "cannot be imported into the current release"):
		const object = `(\w+) "([\w.:-]+)" in namespace "([\w.-]*)" exists and cannot be imported`
		return ReleaseConflict, clusterWide(find(text, object, "$1 $3/$2"))
	case strings.Contains(text, "execution error at ("):
		return ValuesRefused, find(text, `execution error at \(([\w./-]+:\d+)`, "$1")
	case strings.Contains(text, "executing \""):
		return ofTemplate(text)
	case strings.Contains(text, "no matches for kind"):
		return InstallFailed, find(text, `no matches for kind "(\w+)" in version "([\w./-]+)"`, "kind $1 in $2")
	case strings.Contains(text, "chart requires kubeVersion"):
		return ChartInvalid, []string{"the Kubernetes version"}
	case strings.Contains(text, "parse error at ("), strings.Contains(text, "YAML parse error on"):
		return ChartInvalid, find(text, `(?:parse error at \(|YAML parse error on )([\w./-]+)`, "$1")
	}
	return "", nil
}

// clusterWide drops the slash before the name of an object without a namespace.
func clusterWide(objects []string) []string {
	for i := range objects {
		objects[i] = strings.Replace(objects[i], " /", " ", 1)
	}
	return objects
}

// ofTemplate tells a template that stumbles over a value from one that is broken.
func ofTemplate(text string) (Code, []string) {
	if at := find(text, `at <[^<>]*?\.Values\.([\w.]+)`, "$1"); at != nil {
		return ValuesRefused, []string{"/" + strings.ReplaceAll(at[0], ".", "/")}
	}
	return ChartInvalid, find(text, `executing "([\w./-]+)"`, "$1")
}

// find returns what a pattern finds in a text, written in another way; nil when it finds nothing.
func find(text, pattern, as string) []string {
	re := regexp.MustCompile(pattern)
	var all []string
	for _, match := range re.FindAllStringSubmatchIndex(text, maxDetail) {
		all = append(all, string(re.ExpandString(nil, as, text, match)))
	}
	return all
}
