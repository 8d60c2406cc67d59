// Package chart owns how a chart is got: from an HTTP repository or an OCI registry, behind the guard, within
// limits on everything that a server may send, down to one archive whose digest is known and whose content is
// a chart of the wanted name and version that needs nothing more.
//
// It never runs anything of a chart. Its values and schemas belong to package values, its templates to Helm.
package chart
