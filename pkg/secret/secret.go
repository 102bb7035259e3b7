// Package secret reads the keys of the models from AWS Secrets Manager. It is the
// only place where a function gets a key from, and it puts none into an error.
package secret

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
)

// Keys are whose keys a secret holds. The generator's is "" where there is one key
// for both; whether that may be used for both is for others to decide, who know
// the addresses.
type Keys struct{ Judge, Generator string }

// String shows neither.
func (Keys) String() string { return "secret.Keys{…}" }

// GoString is String: no verb of fmt prints a key.
func (k Keys) GoString() string { return k.String() }

// Read returns the keys in the secret with that name or ARN: one key as plain
// text, or {"judge": KEY, "generator": KEY}. Region, credentials and endpoint come
// from where the AWS tools look for them.
func Read(ctx context.Context, id string) (Keys, error) {
	cfg, err := config.LoadDefaultConfig(ctx, config.WithRetryMode(aws.RetryModeAdaptive))
	if err != nil {
		return Keys{}, fmt.Errorf("read the AWS configuration: %w", err)
	}
	out, err := secretsmanager.NewFromConfig(cfg).GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: &id})
	var absent *types.ResourceNotFoundException
	if errors.As(err, &absent) {
		return Keys{}, fmt.Errorf("the secret %s has no value: put the model's key into it with `aws secretsmanager put-secret-value`", id)
	}
	if err != nil {
		return Keys{}, fmt.Errorf("read the secret %s: %w", id, err)
	}
	keys, ok := parse(aws.ToString(out.SecretString))
	if !ok {
		return Keys{}, fmt.Errorf(`the secret %s is empty, or is no text that holds keys: put the model's key into it, or {"judge": KEY, "generator": KEY} where there are two`, id)
	}
	return keys, nil
}

// parse takes a text that begins like a JSON object for one. What is wrong with it
// is not said, since that would quote it.
func parse(text string) (Keys, bool) {
	text = strings.TrimSpace(text)
	if !strings.HasPrefix(text, "{") {
		return Keys{Judge: text}, text != ""
	}
	var keys Keys
	decoder := json.NewDecoder(bytes.NewReader([]byte(text)))
	decoder.DisallowUnknownFields()
	if decoder.Decode(&keys) != nil || decoder.More() {
		return Keys{}, false
	}
	keys.Judge, keys.Generator = strings.TrimSpace(keys.Judge), strings.TrimSpace(keys.Generator)
	return keys, keys != Keys{}
}
