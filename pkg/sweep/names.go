package sweep

import (
	"bytes"
	"encoding/json"
	"fmt"

	"screentest/pkg/actor"
	"screentest/pkg/run"
)

// Names are those whom a sweep is about; nil stands for all that have training
// images. In JSON that is the word "all", so that nobody is taken for everybody:
// neither null nor a text, which are what a script makes of a variable that it has
// not set. An empty list is an empty Names, see check.
type Names []actor.Name

const allNames = `"all"`

// MarshalJSON implements json.Marshaler.
func (n Names) MarshalJSON() ([]byte, error) {
	if n == nil {
		return []byte(allNames), nil
	}
	return json.Marshal([]actor.Name(n))
}

// UnmarshalJSON implements json.Unmarshaler.
func (n *Names) UnmarshalJSON(text []byte) error {
	if string(text) == allNames {
		*n = nil
		return nil
	}
	if !bytes.HasPrefix(text, []byte("[")) {
		return fmt.Errorf(`"actors" is %.60s: a list of names, or "all"`, text)
	}
	return json.Unmarshal(text, (*[]actor.Name)(n))
}

// check refuses an empty list where images would go. That of a dry run is the whole
// roster, as it has always been.
func (n Names) check(m run.Mode) error {
	if n != nil && len(n) == 0 && m == run.Execute {
		return Invalid{`"actors" is an empty list: leave it out, or say "all", to execute over the whole roster`}
	}
	return nil
}

// DecodePage reads what the state machine calls the orchestrator with. It fails
// with Invalid.
func DecodePage(payload []byte) (PageInput, error) {
	var in PageInput
	if err := json.Unmarshal(payload, &in); err != nil {
		return in, Invalid{"the call of a page: " + err.Error()}
	}
	return in, nil
}
