package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
)

// placeTag is the tag of a stage's state machine that says where its tree lies.
const placeTag = "screentest:data"

// errNoStage says that nothing of that name was deployed here.
var errNoStage = errors.New("no such stage")

// at finds the state machine of a stage and has --data name the tree that it works
// on: --data may be left out, and where it is given it has to be that tree, so that
// nobody looks at one roster and sweeps over another.
func (a *app) at(ctx context.Context, s *stage) (*machine, error) {
	m, err := s.machine(ctx)
	if err != nil {
		return nil, err
	}
	place, err := m.place(ctx)
	switch {
	case err != nil:
		return nil, err
	case place == "":
		return nil, hint(fmt.Errorf("the stage %s does not say where its tree lies", s.name), "deploy it again, with this version")
	case a.dataGiven && strings.TrimSuffix(a.data, "/") != place:
		return nil, usageError{hint(fmt.Errorf("--data %s is not the tree of the stage %s, which is %s", a.data, s.name, place),
			"leave --data out, or name the stage that works on that tree with --stage")}
	}
	a.data = place
	return m, nil
}

// place returns where the tree of the stage lies, "" if that is not written down.
func (m *machine) place(ctx context.Context) (string, error) {
	out, err := m.client.ListTagsForResource(ctx, &sfn.ListTagsForResourceInput{ResourceArn: &m.arn})
	if err != nil {
		return "", fmt.Errorf("ask where the tree of the stage lies: %w", err)
	}
	for _, tag := range out.Tags {
		if aws.ToString(tag.Key) == placeTag {
			return aws.ToString(tag.Value), nil
		}
	}
	return "", nil
}
