package values

import (
	"fmt"
	"regexp"
	"slices"

	"helm.sh/helm/v4/pkg/chart/common/util"
	chart "helm.sh/helm/v4/pkg/chart/v2"
	chartutil "helm.sh/helm/v4/pkg/chart/v2/util"
)

// SchemaLoader gets the document at an address that a schema refers to.
type SchemaLoader interface {
	Schema(address string) ([]byte, error)
}

// Validate compares values with the schemas of the chart and of its enabled subcharts. The chart is changed by
// that (its subcharts are resolved), so it must be a copy of its own. A misfit is a RefusedError.
func Validate(ch *chart.Chart, values map[string]any, schemas SchemaLoader) error {
	if err := chartutil.ProcessDependencies(ch, values); err != nil {
		return mismatch("resolving the chart's dependencies", err)
	}
	complete, err := util.CoalesceValues(ch, values)
	if err != nil {
		return mismatch("merging the chart's own values", err)
	}
	v := validator{schemas: schemas}
	if err := v.chart(ch, complete, ""); err != nil {
		return err
	}
	if len(v.refused) > 0 {
		slices.Sort(v.refused) // the schema's own order is random
		return &RefusedError{Paths: slices.Compact(v.refused)}
	}
	return nil
}

// mismatch makes an error of one of Helm's while values are merged. That the values of a subchart are no table
// it says in words only, with the value.
func mismatch(doing string, err error) error {
	if m := regexp.MustCompile(`type mismatch on ([\w.-]+):`).FindStringSubmatch(err.Error()); m != nil {
		return &RefusedError{Paths: []string{"/" + m[1] + ": want object"}}
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// validator collects the misfits of a chart and its subcharts.
type validator struct {
	schemas SchemaLoader
	refused []string
}

// chart compares values with one chart; at is the path of the chart's values in the whole.
func (v *validator) chart(ch *chart.Chart, values map[string]any, at string) error {
	if ch.Schema != nil {
		paths, err := misfits(ch.Schema, values, v.schemas)
		if err != nil {
			return fmt.Errorf("reading the schema of chart %q: %w", ch.Name(), err)
		}
		for _, p := range paths {
			v.refused = append(v.refused, at+p)
		}
	}
	return v.subcharts(ch, values, at)
}

func (v *validator) subcharts(ch *chart.Chart, values map[string]any, at string) error {
	for _, sub := range ch.Dependencies() {
		own, _ := values[sub.Name()].(map[string]any) // merging has made sure that it is one, if it is anything
		if own == nil {
			continue
		}
		if err := v.chart(sub, own, at+"/"+sub.Name()); err != nil {
			return err
		}
	}
	return nil
}
