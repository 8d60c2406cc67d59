// Package mask owns what may not be printed: the user's values and credentials, in the spellings in which a log
// or an error would show them. Everything that leaves the program as text goes through a Mask.
package mask
