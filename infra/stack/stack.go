// Package stack says what is deployed: a storage stack with the bucket, unless
// the owner has one, and an application stack with everything that works on it.
// It stands above house and setting; the app in package main only reads the
// context and calls Build.
//
// It promises what docs/functions.md says the functions find, that roles allow
// what is written in roles.go and nothing else, and that no stack touches a
// bucket that it did not make.
package stack

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"screentest/infra/setting"
)

// Props are what both stacks are made from.
type Props struct {
	Settings setting.Settings
	// Functions is the directory that `make lambda` fills.
	Functions string
	// Env is where to deploy; nil leaves it to whoever deploys.
	Env *awscdk.Environment
}

// Build adds the stacks of one stage to app.
func Build(app awscdk.App, p Props) {
	bucket := jsii.String(p.Settings.Bucket)
	if p.Settings.Bucket == "" {
		bucket = NewStorage(app, p).BucketName()
	}
	newApplication(app, p, *bucket)
}

func newStack(app awscdk.App, p Props, part, does string) awscdk.Stack {
	name := jsii.String(p.Settings.Name(part))
	stack := awscdk.NewStack(app, name, &awscdk.StackProps{
		StackName:             name,
		Description:           jsii.String("screentest " + p.Settings.Stage + ": " + does),
		Env:                   p.Env,
		TerminationProtection: jsii.Bool(p.Settings.Keep),
		Tags:                  &map[string]*string{"product": jsii.String("screentest"), "stage": jsii.String(p.Settings.Stage)},
	})
	// Access logs come by a statement of the bucket's policy, not by an ACL; the
	// bucket's stack cannot go while the application's stands on it.
	stack.Node().SetContext(jsii.String("@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy"), true)
	stack.Node().SetContext(jsii.String("@aws-cdk/core:defaultCrossStackReferences"), "strong")
	return stack
}
