package eks

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/roadstead/roadstead/internal/secret"
)

// Credentials say who we are to AWS. The name lets others hand them over without the SDK.
type Credentials = aws.CredentialsProvider

// Keys are long-lived credentials of ours. All that they need to be allowed is sts:AssumeRole.
func Keys(accessKeyID string, secretKey secret.Value) Credentials {
	return aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: accessKeyID, SecretAccessKey: revealed(secretKey), Source: "settings"}, nil
	})
}

// Chain finds our credentials as every AWS tool does: environment, files, web identity, the role of the container or the
// machine. It calls the fixed addresses of AWS that hand them out with a client of its own, which is no part of the guard:
// no address of a user's comes in.
func Chain(ctx context.Context) (Credentials, error) {
	loaded, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, fmt.Errorf("looking for credentials of AWS: %w", err)
	}
	return loaded.Credentials, nil
}
