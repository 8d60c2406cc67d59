package eks

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/roadstead/roadstead/internal/provision"
)

// Account returns the account that a session is let into; without a session, our own, which roles have to trust.
func (c *Cloud) Account(ctx context.Context, s provision.Session) (string, error) {
	if s.AccessKeyID.IsEmpty() {
		if _, err := c.ownCredentials(ctx); err != nil {
			return "", err
		}
	}
	out, err := c.sts(s).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return "", failed("asking who we are", err)
	}
	return aws.ToString(out.Account), nil
}
