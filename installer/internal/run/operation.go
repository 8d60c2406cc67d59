package run

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"strings"

	chartv2 "helm.sh/helm/v4/pkg/chart/v2"

	"github.com/roadstead/roadstead/installer/internal/chart"
	"github.com/roadstead/roadstead/installer/internal/logline"
	"github.com/roadstead/roadstead/installer/internal/mask"
	"github.com/roadstead/roadstead/installer/internal/release"
	"github.com/roadstead/roadstead/installer/internal/request"
	"github.com/roadstead/roadstead/installer/internal/values"
	"github.com/roadstead/roadstead/installer/internal/verdict"
)

// operation is one run of the steps, and what they hand on to each other.
type operation struct {
	pod       Pod
	log       *logline.Log
	mask      *mask.Mask
	request   request.Request
	values    values.Set
	valuesErr error

	releases *release.Manager // from prepare on
	fetcher  *chart.Fetcher   // from prepare on
	archive  *chart.Archive   // from fetch on
	resolved *chartv2.Chart   // from values on: the chart with those subcharts that the values enable

	verdict verdict.Verdict
}

// step is one part of an operation.
type step struct {
	name   logline.Step
	intent string                                    // what is being done, for the first line
	needed func(ctx context.Context) (bool, error)   // nil: always
	do     func(ctx context.Context) (string, error) // returns what was done, for the last line
}

// steps are those of the requested action, in order.
func (o *operation) steps() []step {
	prepare := step{name: logline.Prepare, do: o.prepare}
	if o.request.Action == request.Uninstall {
		return []step{prepare, {name: logline.Uninstall, intent: "removing the release", do: o.uninstall}}
	}
	return []step{
		prepare,
		{name: logline.Fetch, intent: "getting the chart", do: o.fetch},
		{name: logline.Values, intent: "comparing the values with the chart", do: o.compare},
		{name: logline.Repair, intent: "freeing the release", needed: o.stuck, do: o.repair},
		{name: logline.CRDs, intent: "applying custom resource definitions", needed: o.hasCRDs, do: o.applyCRDs},
		{name: logline.Apply, intent: "applying the chart", do: o.apply},
	}
}

// execute runs the steps until one fails. A panic of a library is a failure like any other.
func (o *operation) execute(ctx context.Context) (v verdict.Verdict) {
	defer func() {
		if p := recover(); p != nil {
			v = o.fail(ctx, fmt.Errorf("panic: %v\n%s", p, debug.Stack()))
		}
	}()
	for _, s := range o.steps() {
		if err := o.one(ctx, s); err != nil {
			return o.fail(ctx, err)
		}
	}
	return o.verdict
}

func (o *operation) one(ctx context.Context, s step) error {
	if s.needed != nil {
		needed, err := s.needed(ctx)
		if err != nil {
			o.log.Start(s.name, s.intent)
			return err
		}
		if !needed {
			return nil
		}
	}
	if s.name != logline.Prepare { // which has started before there was a request
		o.log.Start(s.name, s.intent)
	}
	o.verdict.Step = string(s.name)
	done, err := s.do(ctx)
	if err != nil {
		return err
	}
	o.log.Succeeded(done)
	return ctx.Err()
}

// fail ends the current step and judges the error. The log shows its text, which the verdict does not. Whatever
// went wrong after we were asked to stop went wrong because of that.
func (o *operation) fail(ctx context.Context, err error) verdict.Verdict {
	code, detail := verdict.Classify(err)
	if errors.Is(ctx.Err(), context.Canceled) {
		code, detail = verdict.Interrupted, nil
	}
	o.log.Failed(fmt.Sprintf("%s: %v", code, err))
	o.verdict.Fail(code, detail, o.mask.Text)
	o.verdict.Step = string(o.log.Step())
	return o.verdict
}

// fileText is the content of a file, or nothing; whoever needs the file says what is wrong with it.
func fileText(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}
