// Package telemetry is how the program tells its operator what it does: the process log, kubernetes.log and the
// metrics.
//
// It owns the log format, the correlation id that joins the lines of one piece of work, the rotation of
// kubernetes.log, and every metric's name. It leaves to others what is worth a line or a number, and to the
// composition root the collectors of the Go runtime and the process: importing prometheus' collectors here would put
// database/sql into every package that logs.
package telemetry
