// Package tracing turns requests, jobs and calls to clusters into one trace and sends it to an OpenTelemetry collector.
//
// It owns the spans: their names, what is told in them and how they are joined, also over a job that another process
// runs. It is the only home of OpenTelemetry. It leaves to package telemetry how the trace rides in a context and in
// stored work, and to the composition root when a span begins and ends.
package tracing
