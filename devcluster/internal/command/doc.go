// Package command is devcluster's command line.
package command
