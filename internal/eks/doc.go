// Package eks is Amazon Web Services behind provision.Cloud: the only home of the AWS SDK.
//
// It owns how an account is entered and how narrow each session is, what the templates make, what is asked of STS,
// CloudFormation, EKS and EC2, what their refusals mean, and the token that a cluster on EKS knows a session by.
// Templates and session policies are data files beside the code.
//
// Nothing here waits for anything but the answer to a call, and nothing is remembered but how fast an account may be
// asked. When to call what, and what it means for a run, is package provision's; what happens inside a new cluster is
// left to the adapter behind provision.Connector. What AWS says in an error stays in the cause of the error, for the
// log.
package eks
