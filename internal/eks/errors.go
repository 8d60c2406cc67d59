package eks

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/provision"
)

// refusals are the codes of AWS that say more than the rules in verdictOf. Sources: the lists of common errors of the
// query APIs of CloudFormation, EC2 and STS, and the model of EKS.
var refusals = map[string]verdict{
	"ExpiredToken":                   {provision.Expired, apperr.CloudSessionExpired},
	"ExpiredTokenException":          {provision.Expired, apperr.CloudSessionExpired},
	"RequestExpired":                 {provision.Expired, apperr.CloudSessionExpired},
	"InvalidClientTokenId":           {provision.Expired, apperr.CloudSessionExpired},
	"UnrecognizedClientException":    {provision.Expired, apperr.CloudSessionExpired},
	"AuthFailure":                    {provision.Expired, apperr.CloudSessionExpired},
	"AccessDenied":                   {provision.Denied, apperr.CloudPermissions},
	"AccessDeniedException":          {provision.Denied, apperr.CloudPermissions},
	"UnauthorizedOperation":          {provision.Denied, apperr.CloudPermissions},
	"NotAuthorized":                  {provision.Denied, apperr.CloudPermissions},
	"OptInRequired":                  {provision.Denied, apperr.CloudRegion},
	"RegionDisabledException":        {provision.Denied, apperr.CloudRegion},
	"AlreadyExistsException":         {provision.NameTaken, apperr.CloudNameTaken},
	"ResourceInUseException":         {provision.NameTaken, apperr.CloudNameTaken},
	"LimitExceededException":         {provision.Quota, apperr.CloudQuota},
	"ResourceLimitExceededException": {provision.Quota, apperr.CloudQuota},
	"ResourceNotFoundException":      {provision.Gone, apperr.CloudGone},
	"InternalFailure":                {provision.Transient, apperr.CloudUnavailable},
	"InternalError":                  {provision.Transient, apperr.CloudUnavailable},
	"ServerException":                {provision.Transient, apperr.CloudUnavailable},
	"ServiceUnavailable":             {provision.Transient, apperr.CloudUnavailable},
	"ServiceUnavailableException":    {provision.Transient, apperr.CloudUnavailable},
	"InvalidChangeSetStatus":         {provision.Invalid, apperr.CloudBusy},
}

// verdict is what a failure means.
type verdict struct {
	class provision.Class
	code  apperr.Code
}

// failed says what was being done when a call failed, and what to do about it. It is nil for nil.
func failed(doing string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", doing, classify(err))
}

func classify(err error) error {
	if known, ok := errors.AsType[*provision.CloudError](err); ok {
		return known
	}
	v := verdictOf(err)
	found := &provision.CloudError{Class: v.class, Code: v.code, Cause: err}
	if v.class == provision.Denied {
		found.Action = missingAction(err.Error())
	}
	return found
}

func verdictOf(err error) verdict {
	if errors.Is(err, context.Canceled) {
		return verdict{provision.Transient, apperr.Interrupted}
	}
	said, ok := errors.AsType[smithy.APIError](err)
	if !ok {
		return verdictWithoutAnswer(err)
	}
	code := said.ErrorCode()
	if v, ok := refusals[code]; ok {
		return v
	}
	if _, slow := retry.DefaultThrottleErrorCodes[code]; slow || strings.Contains(said.ErrorMessage(), "Rate exceeded") {
		return verdict{provision.Throttled, apperr.CloudThrottled}
	}
	if response, ok := errors.AsType[*smithyhttp.ResponseError](err); ok && response.HTTPStatusCode() >= http.StatusInternalServerError {
		return verdict{provision.Transient, apperr.CloudUnavailable}
	}
	if quota := quotaOf(code + " " + said.ErrorMessage()); quota != "" {
		return verdict{provision.Quota, quota}
	}
	if strings.HasPrefix(code, "Validation") || strings.HasPrefix(code, "Invalid") || strings.HasPrefix(code, "InsufficientCapabilities") {
		return verdict{provision.Invalid, apperr.CloudInvalid}
	}
	return verdict{provision.Unknown, apperr.CloudUnknown}
}

// verdictWithoutAnswer judges what failed on this side of the wire, or on the wire.
func verdictWithoutAnswer(err error) verdict {
	if _, ok := errors.AsType[*smithy.InvalidParamsError](err); ok {
		return verdict{provision.Invalid, apperr.CloudInvalid}
	}
	if response, ok := errors.AsType[*smithyhttp.ResponseError](err); ok && response.HTTPStatusCode() == http.StatusTooManyRequests {
		return verdict{provision.Throttled, apperr.CloudThrottled}
	}
	return verdict{provision.Transient, apperr.CloudUnavailable}
}

// answered reports whether AWS answered with this code.
func answered(err error, code string) bool {
	said, ok := errors.AsType[smithy.APIError](err)
	return ok && said.ErrorCode() == code
}
