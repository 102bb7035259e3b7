package main

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"screentest/pkg/judge/openai/openaitest"
)

// measureModel evaluates everything again with a model that takes delay to
// answer, and returns how many requests it got.
func measureModel(binary, tree string, delay time.Duration, concurrency int) (usage, int, error) {
	if err := os.RemoveAll(filepath.Join(tree, "screentest")); err != nil {
		return usage{}, 0, err
	}
	model := openaitest.New(openaitest.Options{Delay: delay})
	server := httptest.NewServer(model)
	defer server.Close()
	env := []string{"OPENAI_API_KEY=bench", "OPENAI_BASE_URL=" + server.URL + "/v1"}
	u, err := measure(binary, env, "--data", tree, "evaluate", "--all", "--judge", "openai", "--concurrency", strconv.Itoa(concurrency))
	return u, model.Stats().Requests, err
}
