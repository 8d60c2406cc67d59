package cli

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/roadstead/roadstead/internal/api"
	"github.com/roadstead/roadstead/internal/application"
)

// orgCatalog is the stored catalog as a file says it shall be, each entry in the catalog format.
type orgCatalog []application.Entry

// check reads the entries as the server does.
func (c orgCatalog) check(once func(kind, name string) error) error {
	var errs []error
	for i, e := range c {
		read, err := application.ParseEntry(entryText(e))
		errs = append(errs, once("catalog entry", e.Name), err)
		c[i] = read
	}
	return errors.Join(errs...)
}

// entryText is an entry in the catalog format.
func entryText(e application.Entry) yamlText {
	text, err := yaml.Marshal(e)
	if err != nil {
		panic(fmt.Sprintf("encode a catalog entry: %v", err)) // it holds texts, lists and numbers
	}
	return text
}

func (r *stateReader) catalog() {
	all, _ := seen[api.Items[api.CatalogEntry]](r, "/catalog")
	r.there.catalog = make(map[string]api.CatalogEntry, len(all.Items))
	for _, e := range all.Items {
		r.there.catalog[e.Name] = e
	}
}

func (p *planner) catalog() {
	for _, e := range p.file.Catalog {
		what, put := "catalog entry "+e.Name, apiRequest{method: http.MethodPut, path: path("catalog", e.Name), body: entryText(e)}
		there, ok := p.there.catalog[e.Name]
		switch fields := entryDiffers(there, e); {
		case !ok:
			p.add(signAdd, what, nil, put)
		case there.Origin != application.Stored:
			p.add(signAdd, what+" over the one that is "+originWord(there.Origin), nil, put)
		case len(fields) > 0:
			p.add(signChange, what, fields, put)
		}
	}
}

func originWord(o application.Origin) string { return strings.ReplaceAll(string(o), "_", " ") }

func entryDiffers(there api.CatalogEntry, e application.Entry) []field {
	fields := differ(nil, "title", there.Title, &e.Title)
	fields = differ(fields, "description", there.Description, &e.Description)
	fields = differ(fields, "chart.repository", there.Repository, &e.Chart.Repository)
	fields = differ(fields, "chart.name", there.Chart, &e.Chart.Name)
	fields = differ(fields, "chart.version", there.Version, &e.Chart.Version)
	fields = differ(fields, "namespace", there.Namespace, &e.Namespace)
	fields = differ(fields, "podSecurity", there.PodSecurity, &e.PodSecurity)
	timeout := e.Timeout.Truncate(time.Second) // as the API tells it
	fields = differ(fields, "timeout", time.Duration(there.TimeoutSeconds)*time.Second, &timeout)
	fields = differ(fields, "verified", there.Verified, &e.Verified)
	long := func(name string, same bool) {
		if !same {
			fields = append(fields, field{name, "what is there", "what is in the file"})
		}
	}
	long("provides", slices.Equal(there.Provides, e.Provides))
	long("rights", sameRights(there.Rights, e.Rights))
	long("values", there.Values == e.Values)
	return fields
}

// sameRights takes an empty list for one that is absent, as the API does.
func sameRights(a, b application.Rights) bool {
	empty := func(r application.Rule) application.Rule {
		for _, words := range []*[]string{&r.Groups, &r.Resources, &r.Names, &r.NonResourceURLs, &r.Verbs} {
			*words = append([]string{}, *words...)
		}
		return r
	}
	same := func(a, b application.Rule) bool { return reflect.DeepEqual(empty(a), empty(b)) }
	return a.Level == b.Level && slices.EqualFunc(a.Rules, b.Rules, same) && slices.EqualFunc(a.ClusterRules, b.ClusterRules, same)
}

// pruneCatalog removes stored entries that the file does not name. One that is installed, with nothing below it, is refused.
func (p *planner) pruneCatalog() {
	if p.file.Catalog == nil {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(p.there.catalog)) {
		named := slices.ContainsFunc(p.file.Catalog, func(e application.Entry) bool { return e.Name == name })
		if !named && p.there.catalog[name].Origin == application.Stored {
			p.add(signRemove, "catalog entry "+name, nil, apiRequest{method: http.MethodDelete, path: path("catalog", name)})
		}
	}
}
