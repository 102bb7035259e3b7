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
	Status string // RUNNING, SUCCEEDED, ABORTED, or FAILED: refused, because another one runs
}

// Executions returns those that were started.
func (c *Cloud) Executions() []Execution {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]Execution(nil), c.executions...)
}

// Succeed says that an execution has come to its end.
func (c *Cloud) Succeed(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range c.executions {
		if c.executions[i].Name == name {
			c.executions[i].Status = "SUCCEEDED"
		}
	}
}

// Forget loses all executions, as if they had ended long ago.
func (c *Cloud) Forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.executions = nil
}

// Endings returns the executions that were stopped since the last call, as
// EventBridge tells it.
func (c *Cloud) Endings() [][]byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	endings := c.endings
	c.endings = nil
	return endings
}

func (c *Cloud) end(e Execution, cause string) {
	event, err := json.Marshal(map[string]any{
		"version": "0", "detail-type": "Step Functions Execution Status Change", "source": "aws.states",
		"detail": map[string]any{
			"executionArn": executions + e.Name, "stateMachineArn": stateMachine, "name": e.Name, "status": e.Status,
			"input": e.Input, "inputDetails": map[string]any{"included": true}, "stopDate": c.now.UnixMilli(), "cause": cause,
		},
	})
	if err != nil {
		panic(err) // strings and numbers only
	}
	c.endings = append(c.endings, event)
}

// states serves ListStateMachines, ListTagsForResource, ListExecutions of those that
// run, StartExecution, DescribeExecution and StopExecution.
func (c *Cloud) states(w http.ResponseWriter, r *http.Request, action string) {
	var in struct{ StateMachineArn, ResourceArn, ExecutionArn, Name, Input, Cause string }
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
	case action == "ListTagsForResource" && in.ResourceArn == stateMachine:
		answer(w, http.StatusOK, map[string]any{"tags": []any{map[string]any{"key": "screentest:data", "value": c.Data()}}})
	case action == "ListExecutions" && in.StateMachineArn == stateMachine:
		answer(w, http.StatusOK, map[string]any{"executions": c.running()})
	case action == "StartExecution" && in.StateMachineArn == stateMachine:
		c.executions = append(c.executions, Execution{Name: in.Name, Input: in.Input, Status: c.first(in.Input)})
		answer(w, http.StatusOK, map[string]any{"executionArn": executions + in.Name, "startDate": c.now.Unix()})
	case action == "DescribeExecution" && at >= 0:
		e := c.executions[at]
		description := map[string]any{"executionArn": in.ExecutionArn, "stateMachineArn": stateMachine, "name": e.Name, "status": e.Status, "startDate": c.now.Unix()}
		if e.Status == "FAILED" {
			description["error"], description["cause"] = "AnotherSweep", "another sweep is running"
		}
		answer(w, http.StatusOK, description)
	case action == "StopExecution" && at >= 0:
		if c.executions[at].Status == "RUNNING" {
			c.executions[at].Status = "ABORTED"
			c.end(c.executions[at], in.Cause)
		}
		answer(w, http.StatusOK, map[string]any{"stopDate": c.now.Unix()})
	default:
		answer(w, http.StatusBadRequest, map[string]string{"__type": "ExecutionDoesNotExist", "message": in.ExecutionArn + in.StateMachineArn})
	}
}

// first is what becomes of an execution at once, as the state machine has it.
func (c *Cloud) first(input string) string {
	var in struct{ Force bool }
	if err := json.Unmarshal([]byte(input), &in); err == nil && !in.Force && len(c.running()) > 0 {
		return "FAILED"
	}
	return "RUNNING"
}

// running lists the executions that are under way, the newest first.
func (c *Cloud) running() []any {
	list := []any{}
	for _, e := range slices.Backward(c.executions) {
		if e.Status == "RUNNING" {
			list = append(list, map[string]any{
				"name": e.Name, "executionArn": executions + e.Name, "stateMachineArn": stateMachine, "status": e.Status, "startDate": c.now.Unix(),
			})
		}
	}
	return list
}
