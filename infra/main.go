// Command infra is the CDK app: it reads the context of cdk.json and the command
// line, and synthesises the stacks of one stage. It works without an account;
// `make synth` and `make deploy` call it through the CDK's own command.
package main

import (
	"fmt"
	"os"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"screentest/infra/setting"
	"screentest/infra/stack"
)

func main() {
	defer jsii.Close()
	app := awscdk.NewApp(nil)
	if err := build(app, environment(os.Getenv("CDK_DEFAULT_ACCOUNT"), os.Getenv("CDK_DEFAULT_REGION"))); err != nil {
		fmt.Fprintln(os.Stderr, "infra:", err)
		jsii.Close()
		os.Exit(1)
	}
	app.Synth(nil)
}

// build reads from the context: "stage" (dev), "stages" (see package setting)
// and "functions", where the bootstraps lie (bin/functions).
func build(app awscdk.App, env *awscdk.Environment) error {
	context := func(key, otherwise string) string {
		if value, ok := app.Node().TryGetContext(jsii.String(key)).(string); ok {
			return value
		}
		return otherwise
	}
	s, err := setting.Parse(context("stage", "dev"), app.Node().TryGetContext(jsii.String("stages")))
	if err != nil {
		return err
	}
	stack.Build(app, stack.Props{Settings: s, Functions: context("functions", "bin/functions"), Env: env})
	return nil
}

// environment names where the stacks go; without an account they can go anywhere.
func environment(account, region string) *awscdk.Environment {
	if account == "" || region == "" {
		return nil
	}
	return &awscdk.Environment{Account: jsii.String(account), Region: jsii.String(region)}
}
