// Package config is what an operator can set: one typed struct, read from a YAML file, the environment and the flags.
//
// It owns the names of the settings, their defaults, and the refusal of settings that contradict each other or would be
// unsafe together. It leaves to others what a setting does, and the reading of the files that settings point to.
package config
