// Command bench-lambda measures the functions as they are shipped: what they weigh,
// whether the same source gives the same bytes, how soon they ask for work, how
// much memory the evaluator takes for an actor, and what an actor costs in requests
// to S3 and to the model. Each figure stands beside the one it is held to.
package main

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"screentest/pkg/lambdatest"
)

func main() {
	log.SetFlags(0)
	data := flag.String("data", "sample-data", "the data tree")
	flag.Parse()
	if err := bench(*data); err != nil {
		log.Fatal("error: ", err)
	}
}

func bench(data string) error {
	dir, err := os.MkdirTemp("", "bench-lambda-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	mains, err := filepath.Glob("functions/*/main.go")
	if err != nil || len(mains) == 0 {
		return fmt.Errorf("no functions here: run it at the top of the module (%w)", err)
	}
	fmt.Printf("%-14s %12s %12s %14s %14s\n", "function", "bootstrap MB", "zip MB (≤ 6)", "same bytes", "start ms (≤ 60)")
	for _, main := range mains {
		if err := weigh(dir, filepath.Base(filepath.Dir(main))); err != nil {
			return err
		}
	}
	if err := measureActor(dir, data); err != nil {
		return err
	}
	return measureSummary(dir)
}

// build compiles a function for a processor and returns its bytes.
func build(dir, name, arch string) ([]byte, error) {
	out := filepath.Join(dir, arch, name, "bootstrap")
	cmd := exec.Command("go", "build", "-tags", "lambda.norpc", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w -buildid=",
		"-o", out, "./functions/"+name)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOARCH="+arch)
	if log, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build %s: %w\n%s", name, err, log)
	}
	return os.ReadFile(out)
}

// weigh prints the figures of one function.
func weigh(dir, name string) error {
	first, err := build(dir, name, "arm64")
	if err != nil {
		return err
	}
	second, err := build(filepath.Join(dir, "again"), name, "arm64")
	if err != nil {
		return err
	}
	if _, err := build(dir, name, runtime.GOARCH); err != nil {
		return err
	}
	packed, err := zipped(first)
	if err != nil {
		return err
	}
	start, err := startTime(dir, name)
	if err != nil {
		return err
	}
	same := sha256.Sum256(first) == sha256.Sum256(second)
	fmt.Printf("%-14s %12.1f %12.1f %14t %14.0f\n", name, megabytes(len(first)), megabytes(packed), same, start.Seconds()*1000)
	return nil
}

func megabytes(n int) float64 { return float64(n) / 1e6 }

func zipped(program []byte) (int, error) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	entry, err := z.Create("bootstrap")
	if err != nil {
		return 0, err
	}
	if _, err := entry.Write(program); err != nil {
		return 0, err
	}
	err = z.Close()
	return b.Len(), err
}

// startTime is the median of some starts, each to the first request for work, in
// an account with settings, roster and key.
func startTime(dir, name string) (time.Duration, error) {
	a, err := newAccount()
	if err != nil {
		return 0, err
	}
	defer a.close()
	var times []time.Duration
	for range 9 {
		f := a.function(dir, name)
		took, err := f.Start()
		f.Close()
		if err != nil {
			return 0, fmt.Errorf("start %s: %w", name, err)
		}
		times = append(times, took)
	}
	slices.Sort(times)
	return times[len(times)/2], nil
}

func (a *account) function(dir, name string) *lambdatest.Function {
	return &lambdatest.Function{
		Path: filepath.Join(dir, runtime.GOARCH, name, "bootstrap"), Env: a.cloud.Environment(), Timeout: 10 * time.Minute,
	}
}
