// Package vault owns the care of everything that is stored sealed to the keyset: the proof at start that the keyset
// fits, the check of every row, and the rotation of keys while servers run.
//
// A rotation adds a key to the private keyset, then to the public one, then seals every row anew. How far it came is
// read from the key ids in front of the ciphertexts, so it can be stopped at any point and run again.
//
// How sealing works is left to secret, what is sealed to the domains, and who may be handed an opener to app.
package vault
