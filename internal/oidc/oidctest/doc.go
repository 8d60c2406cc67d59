// Command oidctest is an OpenID Connect provider for the tests: dex, with a login page and the people of a file. It is a
// module of its own, since dex brings much along that the product has no use for.
//
// It reads the file at each sign-in, so that a test can move people between groups, and says on its standard output when
// it is ready.
package main
