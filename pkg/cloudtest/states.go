package cloudtest

import (
	"encoding/json"
	"net/http"
	"slices"
)

// An Execution is one of the state machine. It runs nothing: the test calls the
// functions as the state machine would.
type Execution struct {
	Name   string
	Input  string
	Status string // RUNNING or ABORTED
}

// Executions returns those that were started.
func (c *Cloud) Executions() []Execution {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]Execution(nil), c.executions...)
}

// states serves ListStateMachines, StartExecution and StopExecution.
func (c *Cloud) states(w http.ResponseWriter, r *http.Request, action string) {
	var in struct{ StateMachineArn, ExecutionArn, Name, Input string }
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		answer(w, http.StatusBadRequest, map[string]string{"__type": "ValidationException", "message": err.Error()})
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	at := slices.IndexFunc(c.executions, func(e Execution) bool { return executions+e.Name == in.ExecutionArn })
	switch {
	case action == "ListStateMachines":
		answer(w, http.StatusOK, map[string]any{"stateMachines": []any{map[string]any{
			"name": "screentest-" + Stage + "-sweep", "stateMachineArn": stateMachine, "type": "STANDARD", "creationDate": c.now.Unix(),
		}}})
	case action == "StartExecution" && in.StateMachineArn == stateMachine:
		c.executions = append(c.executions, Execution{Name: in.Name, Input: in.Input, Status: "RUNNING"})
		answer(w, http.StatusOK, map[string]any{"executionArn": executions + in.Name, "startDate": c.now.Unix()})
	case action == "StopExecution" && at >= 0:
		c.executions[at].Status = "ABORTED"
		answer(w, http.StatusOK, map[string]any{"stopDate": c.now.Unix()})
	default:
		answer(w, http.StatusBadRequest, map[string]string{"__type": "ExecutionDoesNotExist", "message": in.ExecutionArn + in.StateMachineArn})
	}
}
