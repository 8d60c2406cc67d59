package eks

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/provision"
	"github.com/roadstead/roadstead/internal/secret"
)

// sessionTime is all that a role gives to a caller who runs on a role itself.
const sessionTime = time.Hour

// Assume lets us into an account, narrowed to the purpose of the grant.
func (c *Cloud) Assume(ctx context.Context, g provision.Grant) (provision.Session, error) {
	policy, err := sessionPolicy(g)
	if err != nil {
		return provision.Session{}, err
	}
	own, err := c.ownCredentials(ctx)
	if err != nil {
		return provision.Session{}, err
	}
	client := sts.NewFromConfig(c.config(g.Region, c.lanes.of(g.Role.AccountID, g.Region), own))
	out, err := client.AssumeRole(ctx, &sts.AssumeRoleInput{
		RoleArn:         &g.Role.ARN,
		RoleSessionName: aws.String(sessionName(g)),
		ExternalId:      g.ExternalID,
		Policy:          &policy,
		DurationSeconds: aws.Int32(int32(sessionTime / time.Second)),
	})
	if err != nil {
		return provision.Session{}, fmt.Errorf("assuming the role: %w", refusedEntry(err))
	}
	return newSession(out, g), nil
}

// ownCredentials asks for ours first, so that a lack of them is not taken for a refusal of the role.
func (c *Cloud) ownCredentials(ctx context.Context) (aws.CredentialsProvider, error) {
	lacking := func(cause error) error {
		return &provision.CloudError{Class: provision.Denied, Code: apperr.CloudCredentials, Cause: cause}
	}
	if c.credentials == nil {
		return nil, lacking(fmt.Errorf("none are configured"))
	}
	own, err := c.credentials.Retrieve(ctx)
	if err != nil {
		return nil, lacking(err)
	}
	return aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return own, nil }), nil
}

// refusedEntry tells apart what other calls need not: here a bad credential is one of ours, and a refusal is the role's.
func refusedEntry(err error) error {
	known, ok := classify(err).(*provision.CloudError) //nolint:errorlint // classify wraps nothing
	if !ok {
		return err
	}
	switch known.Class {
	case provision.Expired:
		known.Class, known.Code = provision.Denied, apperr.CloudCredentials
	case provision.Denied, provision.Invalid:
		known.Class, known.Action = provision.Denied, ""
		if known.Code != apperr.CloudRegion {
			known.Code = apperr.CloudRoleRefused
		}
	default: // means the same for every call
	}
	return known
}

// sessionName shows in the account's records, and in the audit log of the cluster.
func sessionName(g provision.Grant) string {
	whose := "role-" + strconv.FormatInt(g.Role.ID, 10)
	if g.Run.UUID != "" {
		whose = g.Run.UUID
	}
	return "roadstead-" + string(g.Purpose) + "-" + whose
}

func newSession(out *sts.AssumeRoleOutput, g provision.Grant) provision.Session {
	given := out.Credentials
	return provision.Session{
		AccessKeyID:  secret.NewValue([]byte(aws.ToString(given.AccessKeyId))),
		SecretKey:    secret.NewValue([]byte(aws.ToString(given.SecretAccessKey))),
		SessionToken: secret.NewValue([]byte(aws.ToString(given.SessionToken))),
		ExpiresAt:    aws.ToTime(given.Expiration),
		Region:       g.Region,
		Partition:    g.Role.Partition,
		AccountID:    accountIn(out.AssumedRoleUser),
	}
}

// accountIn reads the account from "arn:aws:sts::123456789012:assumed-role/…".
func accountIn(user *types.AssumedRoleUser) string {
	if user == nil {
		return ""
	}
	if parts := strings.Split(aws.ToString(user.Arn), ":"); len(parts) > 4 {
		return parts[4]
	}
	return ""
}
