// Package audit is the record of who did what: one row for every change and for every use of a credential.
//
// It owns the form of such a row, the rules for what may be in it, the chain that ties the rows together under a key that
// only workers hold, its signed checkpoints, and how all of that is verified. It leaves to the domains which of their
// changes are worth a row, to the delivery packages who is calling, and to the store that a row is written in the
// transaction of its change.
package audit
