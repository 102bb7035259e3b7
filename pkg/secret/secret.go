// Package secret reads the key of the model from AWS Secrets Manager. It is the
// only place where a function gets the key from, and it puts it into no error.
package secret

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
)

// Read returns the text of the secret with that name or ARN, without the blanks
// around it. Region, credentials and endpoint come from where the AWS tools look
// for them.
func Read(ctx context.Context, id string) (string, error) {
	cfg, err := config.LoadDefaultConfig(ctx, config.WithRetryMode(aws.RetryModeAdaptive))
	if err != nil {
		return "", fmt.Errorf("read the AWS configuration: %w", err)
	}
	out, err := secretsmanager.NewFromConfig(cfg).GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: &id})
	var absent *types.ResourceNotFoundException
	if errors.As(err, &absent) {
		return "", fmt.Errorf("the secret %s has no value: put the model's key into it with `aws secretsmanager put-secret-value`", id)
	}
	if err != nil {
		return "", fmt.Errorf("read the secret %s: %w", id, err)
	}
	key := strings.TrimSpace(aws.ToString(out.SecretString))
	if key == "" {
		return "", fmt.Errorf("the secret %s is empty, or not a text: put the model's key into it", id)
	}
	return key, nil
}
