// Package verifiertest has the tokens for clusters judged by the verifier that Amazon EKS itself runs on its control
// planes. It holds nothing but a test, in a module of its own: the verifier brings a part of Kubernetes along that the
// product has no use for.
package verifiertest
