// Package setting is what administrators of the instance change while it runs: how long things are kept and live.
//
// It owns the settings, their defaults and bounds, and that a change is checked as a whole and recorded. It leaves to
// others what a setting does: they read it each time they act on it, which they do rarely, so that a change counts at
// once in every process. What a process needs to start, and what keeps people within bounds that the operator drew, is
// no setting but configuration.
package setting
