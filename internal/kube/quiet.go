package kube

import (
	"github.com/go-logr/logr"
	"k8s.io/klog/v2"
)

// Quiet ends the output of klog, in which client-go tells of URLs, headers and, at high levels, of bodies. What is
// worth knowing of a call is in kubernetes.log. Call it once, before the first client is made.
func Quiet() { klog.SetLogger(logr.Discard()) }
