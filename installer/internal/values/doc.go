// Package values owns the values of a release: the catalog's and the user's, how they are merged, and how they
// are compared with the schemas of a chart. What it says about a value is its path, never the value itself.
//
// It does the comparison in Helm's place, because Helm would load a schema that refers to another one from any
// address or file. Rendering templates with the values is Helm's part.
package values
