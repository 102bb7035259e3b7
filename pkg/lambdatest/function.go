package lambdatest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// A Function is a bootstrap that runs under a Runtime API. Calls are handled one
// after the other, as in one execution environment of Lambda; a process that has
// ended is started again by the next call.
type Function struct {
	Path    string            // of the bootstrap
	Env     map[string]string // all that the process sees beside the address of the API
	Timeout time.Duration     // of a call; 0 means a minute
	Log     io.Writer         // takes what the process prints; nil for nobody

	calling sync.Mutex
	server  *http.Server

	mu      sync.Mutex // for what Kill reads while a call is under way
	process *process   // the last that was started
	peak    int64
	used    time.Duration

	next    chan invocation // for the process to take
	answers chan answer     // what it says
	polled  chan time.Time  // when it asked for work
}

// A process is one of the bootstrap.
type process struct {
	*exec.Cmd
	exited chan struct{} // closed when it has ended and all it printed is written
}

type invocation struct {
	id       string
	payload  []byte
	deadline time.Time
}

type answer struct {
	body   []byte
	failed bool
}

// A CallError is what a function answers when it fails.
type CallError struct {
	Message string `json:"errorMessage"`
	Type    string `json:"errorType"`
}

func (e *CallError) Error() string { return e.Type + ": " + e.Message }

// ErrExited says that the process ended during a call.
var ErrExited = errors.New("the function's process ended")

// Start starts the process and returns how long it took until it asked for work.
func (f *Function) Start() (time.Duration, error) {
	if f.server == nil {
		if err := f.listen(); err != nil {
			return 0, err
		}
	}
	for len(f.polled) > 0 {
		<-f.polled // of a process before
	}
	began := time.Now()
	p, err := f.run()
	if err != nil {
		return 0, err
	}
	select {
	case at := <-f.polled:
		return at.Sub(began), nil
	case <-p.exited:
		return 0, ErrExited
	case <-time.After(time.Minute):
		return 0, errors.New("the function did not ask for work within a minute")
	}
}

func (f *Function) listen() error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	f.next, f.answers, f.polled = make(chan invocation), make(chan answer), make(chan time.Time, 16)
	f.server = &http.Server{Addr: listener.Addr().String(), Handler: f.api(), ReadHeaderTimeout: time.Minute}
	go func() { _ = f.server.Serve(listener) }() // until Close
	return nil
}

func (f *Function) run() (*process, error) {
	p := &process{exec.Command(f.Path), make(chan struct{})}
	p.Env = []string{
		"AWS_LAMBDA_RUNTIME_API=" + f.server.Addr, "AWS_LAMBDA_FUNCTION_NAME=test", "AWS_LAMBDA_FUNCTION_VERSION=$LATEST",
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE=1769", "AWS_LAMBDA_LOG_GROUP_NAME=test", "AWS_LAMBDA_LOG_STREAM_NAME=test",
		"AWS_LAMBDA_LOG_FORMAT=JSON", "TMPDIR=" + os.TempDir(),
	}
	for name, value := range f.Env {
		p.Env = append(p.Env, name+"="+value)
	}
	p.Stdout, p.Stderr = f.Log, f.Log
	if err := p.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w; `make lambda GOARCH=$(go env GOARCH)` builds it", f.Path, err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.process = p
	go f.wait(p)
	return p, nil
}

// wait sees a process to its end.
func (f *Function) wait(p *process) {
	_ = p.Wait()
	f.mu.Lock()
	defer f.mu.Unlock()
	if usage, ok := p.ProcessState.SysUsage().(*syscall.Rusage); ok {
		f.peak = max(f.peak, int64(usage.Maxrss)<<10)
	}
	f.used += p.ProcessState.UserTime() + p.ProcessState.SystemTime()
	close(p.exited)
}

// running returns the process, nil if there is none or it has ended.
func (f *Function) running() *process {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.process == nil {
		return nil
	}
	select {
	case <-f.process.exited:
		return nil
	default:
		return f.process
	}
}

// Invoke calls the function with a payload. It fails with a *CallError where the
// function does, and with ErrExited where its process ends or takes too long.
func (f *Function) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	f.calling.Lock()
	defer f.calling.Unlock()
	p := f.running()
	if p == nil {
		if _, err := f.Start(); err != nil {
			return nil, err
		}
		if p = f.running(); p == nil {
			return nil, ErrExited
		}
	}
	timeout := f.Timeout
	if timeout == 0 {
		timeout = time.Minute
	}
	call := invocation{strconv.FormatInt(time.Now().UnixNano(), 36), payload, time.Now().Add(timeout)}
	ctx, cancel := context.WithDeadline(ctx, call.deadline)
	defer cancel()
	select {
	case f.next <- call:
	case <-p.exited:
		return nil, ErrExited
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	select {
	case a := <-f.answers:
		return result(a)
	case <-p.exited:
		return nil, ErrExited
	case <-ctx.Done():
		f.Kill() // as Lambda does with a call that takes too long
		return nil, ErrExited
	}
}

func result(a answer) ([]byte, error) {
	if !a.failed {
		return a.body, nil
	}
	failure := &CallError{}
	if err := json.Unmarshal(a.body, failure); err != nil {
		return nil, fmt.Errorf("the function failed and did not say how: %w", err)
	}
	return nil, failure
}

// Kill ends the process at once, wherever it is.
func (f *Function) Kill() {
	if p := f.running(); p != nil {
		_ = p.Process.Kill()
		<-p.exited
	}
}

// Close ends the process and the API. It returns the most memory in bytes that
// any process of the function had; on Linux.
func (f *Function) Close() int64 {
	f.Kill()
	if f.server != nil {
		_ = f.server.Close()
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.peak
}

// Used returns the processor time of all processes of the function that have ended.
func (f *Function) Used() time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.used
}

// api is the Runtime API.
func (f *Function) api() http.Handler {
	mux := http.NewServeMux()
	const calls = "/2018-06-01/runtime/invocation/"
	mux.HandleFunc("GET "+calls+"next", f.serveNext)
	answered := func(failed bool) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				return
			}
			w.WriteHeader(http.StatusAccepted)
			select {
			case f.answers <- answer{body, failed}:
			case <-r.Context().Done(): // the process was killed meanwhile
			}
		}
	}
	mux.HandleFunc("POST "+calls+"{id}/response", answered(false))
	mux.HandleFunc("POST "+calls+"{id}/error", answered(true))
	mux.HandleFunc("POST /2018-06-01/runtime/init/error", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusAccepted) // the process then ends
	})
	return mux
}

func (f *Function) serveNext(w http.ResponseWriter, r *http.Request) {
	select {
	case f.polled <- time.Now():
	default: // nobody wants to know
	}
	select {
	case call := <-f.next:
		h := w.Header()
		h.Set("Lambda-Runtime-Aws-Request-Id", call.id)
		h.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(call.deadline.UnixMilli(), 10))
		h.Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:123456789012:function:test")
		h.Set("Lambda-Runtime-Trace-Id", "Root=1-"+strings.Repeat("0", 8)+"-"+strings.Repeat("0", 24))
		_, _ = w.Write(call.payload) // a process that is gone is seen by its exit
	case <-r.Context().Done():
	}
}
