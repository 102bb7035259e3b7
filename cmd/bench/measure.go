package main

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	_ "image/jpeg"
	_ "image/png"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"
)

// usage is what something took.
type usage struct {
	wall, cpu time.Duration
	peak      int64 // bytes; 0 if unknown
}

func (u usage) print(what string) {
	peak := "-"
	if u.peak > 0 {
		peak = fmt.Sprint(u.peak >> 20)
	}
	fmt.Printf("%-38s %9.2f %9.2f %9s\n", what, u.wall.Seconds(), u.cpu.Seconds(), peak)
}

// decodeAll reads and decodes every image, broken ones as far as they go, on all
// processors.
func decodeAll(paths []string) (usage, error) {
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	start, before := time.Now(), processTime()
	for _, path := range paths {
		group.Go(func() error {
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			config, _, err := image.DecodeConfig(bytes.NewReader(data))
			if err == nil && config.Width*config.Height < 50e6 {
				_, _, _ = image.Decode(bytes.NewReader(data)) // a broken one has cost its time all the same
			}
			return nil
		})
	}
	err := group.Wait()
	return usage{wall: time.Since(start), cpu: processTime() - before}, err
}

func processTime() time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		return 0
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// measure runs the program to its end. Actors that failed (status 3) are part of
// a real tree and no failure of the measurement.
func measure(binary string, env []string, args ...string) (usage, error) {
	cmd := exec.Command(binary, args...)
	cmd.Env = append(os.Environ(), env...)
	start := time.Now()
	output, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !(errors.As(err, &exit) && exit.ExitCode() == 3) {
		return usage{}, fmt.Errorf("%s: %w\n%s", cmd, err, output)
	}
	u := usage{wall: time.Since(start), cpu: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()}
	if r, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		u.peak = peakBytes(r)
	}
	return u, nil
}

// peakBytes: Linux counts in kilobytes, macOS in bytes.
func peakBytes(r *syscall.Rusage) int64 {
	if runtime.GOOS == "darwin" {
		return r.Maxrss
	}
	return r.Maxrss << 10
}
