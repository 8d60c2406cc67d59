package values

import (
	"fmt"
	"maps"
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
		return fmt.Errorf("resolving the chart's dependencies: %w", err)
	}
	complete, err := util.CoalesceValues(ch, values)
	if err != nil {
		return fmt.Errorf("merging the chart's own values: %w", err)
	}
	v := validator{schemas: schemas}
	if err := v.chart(ch, complete, ""); err != nil {
		return err
	}
	if len(v.refused) > 0 {
		return &RefusedError{Paths: slices.Compact(v.refused)}
	}
	return nil
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
	subs := make(map[string]*chart.Chart)
	for _, sub := range ch.Dependencies() {
		subs[sub.Name()] = sub
	}
	for _, name := range slices.Sorted(maps.Keys(subs)) {
		switch own := values[name].(type) {
		case nil:
		case map[string]any:
			if err := v.chart(subs[name], own, at+"/"+name); err != nil {
				return err
			}
		default:
			v.refused = append(v.refused, at+"/"+name+": want object")
		}
	}
	return nil
}
