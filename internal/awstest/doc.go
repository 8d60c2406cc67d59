// Package awstest is a fake AWS: the parts of STS, CloudFormation, EKS, EC2 and IAM that the product calls, on their real wire
// protocols, behind one loopback address. It enforces what the real one does, with its codes: signatures, sessions and their
// end, external ids, policies, accounts and regions, request tokens, names, capabilities, protection. It can be made to fail.
//
//	cloud := awstest.Start(t, awstest.Config{StackTime: 2 * time.Second, PageSize: 2})   // in a test; else New and Close
//	ours, err := cloud.Account("111111111111").AddUser("roadstead", awstest.Everything)  // access key id and secret
//	role, err := cloud.Account("222222222222").AddRole(awstest.Role{                     // an ARN
//		Name: "provision", Path: "/roadstead/", Trust: awstest.TrustFrom("111111111111", externalID),
//	})
//	cloud.Inject(awstest.Fault{Operation: "CreateStack", Trouble: awstest.LostAnswer})
//	cloud.FailResource(awstest.ResourceFault{Resource: "AWS::EC2::VPC"})
//	... SDK clients with BaseEndpoint cloud.Endpoint() ...
//	n := cloud.Count("CreateStack")
//
// A stack is really made from its template: of the resources that it declares, those of EKS, EC2 and IAM can be described
// afterwards, and a role that a template makes can be assumed. Nothing happens in the background: all that is due by the
// clock happens when somebody looks, at the time at which it was due.
//
// Its clusters are real ones if UsePlatform was given an API server. Start that with WebhookURL as its token webhook: bearer
// tokens are then checked as EKS does, against the sessions and access entries here.
//
// The package keeps secrets in memory only. Calls never holds a secret of a credential. Nothing here calls anybody but the
// API server behind a delayed endpoint.
package awstest
