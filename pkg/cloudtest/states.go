package cloudtest

import (
	"encoding/json"
	"net/http"
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

// states serves StartExecution, StopExecution and DescribeExecution.
func (c *Cloud) states(w http.ResponseWriter, r *http.Request, action string) {
	var in struct{ StateMachineArn, ExecutionArn, Name, Input string }
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		answer(w, http.StatusBadRequest, map[string]string{"__type": "ValidationException", "message": err.Error()})
		return
	}
	const executions = "arn:aws:states:us-east-1:123456789012:execution:sweep:"
	c.mu.Lock()
	defer c.mu.Unlock()
	if action == "StartExecution" && in.StateMachineArn == StateMachine {
		c.executions = append(c.executions, Execution{Name: in.Name, Input: in.Input, Status: "RUNNING"})
		answer(w, http.StatusOK, map[string]any{"executionArn": executions + in.Name, "startDate": c.now.Unix()})
		return
	}
	for i := range c.executions {
		e := &c.executions[i]
		if executions+e.Name != in.ExecutionArn {
			continue
		}
		if action == "StopExecution" {
			e.Status = "ABORTED"
		}
		answer(w, http.StatusOK, map[string]any{"status": e.Status, "stopDate": c.now.Unix(), "startDate": c.now.Unix(), "name": e.Name, "input": e.Input})
		return
	}
	answer(w, http.StatusBadRequest, map[string]string{"__type": "ExecutionDoesNotExist", "message": in.ExecutionArn + in.StateMachineArn})
}
