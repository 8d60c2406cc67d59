package awstest

import (
	"slices"
)

// replaced stands for the physical id of a part that will be made anew.
const replaced = "{{replaced}}"

// compare returns what lies between the stack and a template with values, in the order of the template.
func (s *stack) compare(t *template, values map[string]string) ([]change, error) {
	list, err := s.wanted(t, values)
	if err != nil {
		return nil, err
	}
	var changes []change
	anew := map[string]bool{}
	for _, d := range ordered(list) {
		p := s.part(d.logicalID)
		if p == nil {
			changes = append(changes, change{action: "Add", declared: d})
			anew[d.logicalID] = true
			continue
		}
		c, err := s.difference(p, d, t, values, anew)
		if err != nil {
			return nil, err
		}
		if len(c.causes) > 0 {
			changes = append(changes, c)
			anew[d.logicalID] = c.replaces
		}
	}
	for _, p := range s.parts {
		if !p.gone && !slices.ContainsFunc(list, func(d declared) bool { return d.logicalID == p.declared.logicalID }) {
			changes = append(changes, change{action: "Remove", declared: p.declared})
		}
	}
	return changes, nil
}

// ordered puts each resource after those that it names.
func ordered(list []declared) []declared {
	var sorted []declared
	placed := map[string]bool{}
	var place func(d declared)
	place = func(d declared) {
		if placed[d.logicalID] {
			return
		}
		placed[d.logicalID] = true
		for _, name := range slices.Concat(d.dependsOn, references(d.properties)) {
			if i := slices.IndexFunc(list, func(other declared) bool { return other.logicalID == name }); i >= 0 {
				place(list[i])
			}
		}
		sorted = append(sorted, d)
	}
	for _, d := range list {
		place(d)
	}
	return sorted
}

func (s *stack) difference(p *part, d declared, t *template, values map[string]string, anew map[string]bool) (change, error) {
	c := change{action: "Modify", declared: d}
	if d.kind != p.declared.kind {
		c.causes, c.replaces = []string{"Type"}, true
		return c, nil
	}
	future := s.scopeOf(t, values)
	known := future.attribute
	future.attribute = func(logicalID, name string) (string, error) {
		if anew[logicalID] {
			return replaced, nil
		}
		return known(logicalID, name)
	}
	resolved, err := future.resolveMap(d.properties)
	if err != nil {
		return c, err
	}
	after, _ := resolved.(map[string]any)
	for _, name := range keysOf(p.properties, after) {
		if document(p.properties[name]) != document(after[name]) {
			c.causes = append(c.causes, name)
			c.replaces = c.replaces || p.kind.replaces(name, p.properties[name], after[name])
		}
	}
	return c, nil
}

func keysOf(maps ...map[string]any) []string {
	var names []string
	for _, m := range maps {
		for name := range m {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
