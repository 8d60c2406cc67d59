package pod

import "path/filepath"

// RootVariable names the environment variable that moves all paths below another folder. Pods leave it empty;
// it lets the program run as a plain process with the same files.
const RootVariable = "ROADSTEAD_POD_ROOT"

// serviceAccount is where the kubelet mounts the credential of a pod.
const serviceAccount = "/var/run/secrets/kubernetes.io/serviceaccount"

// Layout is the set of paths of one pod. The zero value is that of a real pod.
type Layout struct {
	Root string // prefix of every path
}

// Request is the file that says what to do.
func (l Layout) Request() string { return l.at("/etc/roadstead/request/request.json") }

// Values is the file of the catalog's values.
func (l Layout) Values() string { return l.at("/etc/roadstead/values/values.yaml") }

// UserValues is the file of the user's values. It may be absent.
func (l Layout) UserValues() string { return l.at("/etc/roadstead/user-values/values.yaml") }

// Token is the file of the service account's token, which the kubelet renews.
func (l Layout) Token() string { return l.at(serviceAccount + "/token") }

// CA is the file of the certificates that the API server is trusted by.
func (l Layout) CA() string { return l.at(serviceAccount + "/ca.crt") }

// Termination is the file whose content becomes the termination message of the container.
func (l Layout) Termination() string { return l.at("/dev/termination-log") }

func (l Layout) at(path string) string { return filepath.Join(l.Root, path) }
