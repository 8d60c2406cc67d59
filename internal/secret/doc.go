// Package secret owns credentials while we hold them: a value that cannot be printed, sealing to a key that only
// workers have, and one-time boxes that carry a fresh credential to a waiting request.
//
// The half of the program that faces the network holds a Sealer, made from a public keyset: it can write
// credentials and not read them. Workers hold the Opener. What is sealed is bound to where it is stored and to
// the address it is meant for (Context), so that a changed row cannot send it elsewhere.
//
// Where ciphertexts are stored, and who may ask for what is in them, is left to the packages that use this one.
package secret
