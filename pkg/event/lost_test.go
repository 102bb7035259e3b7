package event_test

import (
	"testing"

	"screentest/pkg/event"
)

func TestLost(t *testing.T) {
	const one = `{"source":"aws.s3","detail-type":"Object Created","detail":{}}`
	for letter, want := range map[string]string{
		one: one,
		`{"version":"1.0","requestContext":{"condition":"RetriesExhausted"},"requestPayload":` + one + `,"responseContext":{}}`: one,
		`nonsense`: `nonsense`,
	} {
		if got := string(event.Lost([]byte(letter))); got != want {
			t.Errorf("%s: %s", letter, got)
		}
	}
}
