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
	Status string // RUNNING, SUCCEEDED or ABORTED
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

// states serves ListStateMachines, ListExecutions of those that run,
// StartExecution and StopExecution.
func (c *Cloud) states(w http.ResponseWriter, r *http.Request, action string) {
	var in struct{ StateMachineArn, ExecutionArn, Name, Input, Cause string }
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
	case action == "ListExecutions" && in.StateMachineArn == stateMachine:
		answer(w, http.StatusOK, map[string]any{"executions": c.running()})
	case action == "StartExecution" && in.StateMachineArn == stateMachine:
		c.executions = append(c.executions, Execution{Name: in.Name, Input: in.Input, Status: "RUNNING"})
		answer(w, http.StatusOK, map[string]any{"executionArn": executions + in.Name, "startDate": c.now.Unix()})
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
