// Package idempotency lets a change that is sent again under the same key be made once.
//
// It owns what a key may look like, whose it is, which request it stands for, how long it is claimed by one that runs and
// how long its answer is kept, and which answers are never kept. It leaves to the delivery packages how a request is read,
// who may make it, and how an answer is sent, and to the store that of many who claim a key at once one gets it.
//
// Of a request nothing is stored but hashes, in which the key itself is mixed: keys are random, so the hash of a body with
// a weak password in it tells nothing to who reads the database.
//
// A change is not made in the transaction that keeps its answer. A server that dies between the two, within
// milliseconds, leaves a claim that ends by itself, and a repeat after that is a request like the first one.
package idempotency
