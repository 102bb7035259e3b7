package stack

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"

	"screentest/infra/setting"
)

// NewStorage makes the stack with the bucket that holds the tree. It outlives
// its stack in every stage: pictures are never deleted by deleting software.
func NewStorage(app awscdk.App, p Props) awss3.Bucket {
	stack := newStack(app, p, "storage", "Where the actors' training sets lie.")
	access := newBucket(stack, "Access", &awss3.BucketProps{
		LifecycleRules: &[]*awss3.LifecycleRule{{Expiration: days(p.Settings.LogDays), NoncurrentVersionExpiration: days(1)}},
	})
	bucket := newBucket(stack, "Tree", &awss3.BucketProps{
		ServerAccessLogsBucket: access,
		LifecycleRules:         &[]*awss3.LifecycleRule{{NoncurrentVersionExpiration: days(p.Settings.KeepVersionsDays), AbortIncompleteMultipartUploadAfter: days(7)}},
	})
	bucket.AddToResourcePolicy(conditionalManifests(p.Settings, *bucket.BucketArn()))
	// Said on the resource itself: the construct's own switch brings a function
	// that may change the notifications of every bucket in the account.
	bucket.Node().DefaultChild().(awss3.CfnBucket).SetNotificationConfiguration(&awss3.CfnBucket_NotificationConfigurationProperty{
		EventBridgeConfiguration: &awss3.CfnBucket_EventBridgeConfigurationProperty{EventBridgeEnabled: true},
	})
	awscdk.NewCfnOutput(stack, jsii.String("Bucket"), &awscdk.CfnOutputProps{
		Value:       bucket.BucketName(),
		Description: jsii.String("The bucket of the tree: screentest --data s3://BUCKET" + slashed(p.Settings.Prefix)),
	})
	return bucket
}

func newBucket(stack awscdk.Stack, id string, b *awss3.BucketProps) awss3.Bucket {
	b.Versioned = jsii.Bool(true)
	b.Encryption = awss3.BucketEncryption_S3_MANAGED
	b.EnforceSSL = jsii.Bool(true)
	b.BlockPublicAccess = awss3.BlockPublicAccess_BLOCK_ALL()
	b.ObjectOwnership = awss3.ObjectOwnership_BUCKET_OWNER_ENFORCED
	b.RemovalPolicy = awscdk.RemovalPolicy_RETAIN
	return awss3.NewBucket(stack, jsii.String(id), b)
}

// conditionalManifests refuses to write a training manifest without saying what
// it replaces. Parts of an upload cannot say so and do not make an object; the
// request that completes them can.
func conditionalManifests(s setting.Settings, bucket string) awsiam.PolicyStatement {
	return awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid:        jsii.String("NoBlindManifest"),
		Effect:     awsiam.Effect_DENY,
		Principals: &[]awsiam.IPrincipal{awsiam.NewAnyPrincipal()},
		Actions:    jsii.Strings("s3:PutObject"),
		Resources:  jsii.Strings(bucket + "/" + s.Key("actors/*/training_data/manifest.json")),
		Conditions: &map[string]any{
			"Null": map[string]any{"s3:if-match": "true", "s3:if-none-match": "true"},
			"Bool": map[string]any{"s3:ObjectCreationOperation": "true"},
		},
	})
}

func days(n int) awscdk.Duration { return awscdk.Duration_Days(jsii.Number(n)) }

func slashed(prefix string) string {
	if prefix == "" {
		return ""
	}
	return "/" + prefix
}
