package dir_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"screentest/pkg/store"
	"screentest/pkg/store/dir"
	"screentest/pkg/store/storetest"
)

// Tests start this test binary again as another process, with these set.
const (
	taskVariable = "SCREENTEST_TEST_TASK"
	treeVariable = "SCREENTEST_TEST_TREE"
)

var tasks = map[string]func(ctx context.Context, s *dir.Store) error{
	"count":     func(ctx context.Context, s *dir.Store) error { return storetest.Increment(ctx, s, "a/counter", 40) },
	"full disk": fullDisk,
	"forever": func(ctx context.Context, s *dir.Store) error {
		fmt.Println("started")
		return storetest.Increment(ctx, s, "a/counter", 1<<40)
	},
}

func TestMain(m *testing.M) {
	task := os.Getenv(taskVariable)
	if task == "" {
		os.Exit(m.Run())
	}
	s, err := dir.Open(os.Getenv(treeVariable))
	if err == nil {
		err = tasks[task](context.Background(), s)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// process returns a command that does a task in the tree at root.
func process(t *testing.T, task, root string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	must(t, err)
	c := exec.CommandContext(t.Context(), self)
	c.Env = append(os.Environ(), taskVariable+"="+task, treeVariable+"="+root)
	return c
}

func TestProcessesLoseNothing(t *testing.T) {
	root := t.TempDir()
	const processes = 4
	results := make(chan error)
	for range processes {
		c := process(t, "count", root)
		go func() {
			out, err := c.CombinedOutput()
			if err != nil {
				err = fmt.Errorf("%w: %s", err, out)
			}
			results <- err
		}()
	}
	for range processes {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
	if got := files(t, root); len(got) != 1 || got["a/counter"] != strconv.Itoa(40*processes) {
		t.Errorf("%d processes counted 40 times each; the tree holds %q", processes, got)
	}
}

// A killed process leaves a whole object, no lock, and nothing that the next
// Put does not clear away.
func TestKilledWriter(t *testing.T) {
	root := t.TempDir()
	s := open(t, root)
	last := 0
	for range 5 {
		c := process(t, "forever", root)
		out, err := c.StdoutPipe()
		must(t, err)
		must(t, c.Start())
		_, err = out.Read(make([]byte, 1))
		must(t, err)
		must(t, c.Process.Kill())
		c.Wait()
		must(t, storetest.Increment(t.Context(), s, "a/counter", 1))
		got := files(t, root)
		now, err := strconv.Atoi(got["a/counter"])
		if err != nil || now <= last || len(got) != 1 {
			t.Fatalf("the tree holds %q, the counter was at %d", got, last)
		}
		last = now
	}
}

func TestFullDisk(t *testing.T) {
	root := t.TempDir()
	s := open(t, root)
	v, err := s.Put(t.Context(), "a/old", []byte("old"), store.IfAbsent)
	must(t, err)
	out, err := process(t, "full disk", root).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	got := files(t, root)
	if len(got) != 1 || got["a/old"] != "old" {
		t.Errorf("the tree holds %q", got)
	}
	if _, err := s.Put(t.Context(), "a/old", []byte("new"), store.IfVersion(v)); err != nil {
		t.Errorf("with space again: %v", err)
	}
}

// fullDisk writes where no file may grow beyond 1000 bytes, which is how the
// system treats a full disk: a part is written, then there is an error.
func fullDisk(ctx context.Context, s *dir.Store) error {
	signal.Ignore(syscall.SIGXFSZ)
	_, old, err := store.ReadAll(ctx, s, "a/old", 100)
	if err != nil {
		return err
	}
	limit := syscall.Rlimit{Cur: 1000, Max: 1000}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	body := []byte(strings.Repeat("x", 1500))
	for k, c := range map[store.Key]store.Condition{"a/new": store.IfAbsent, "a/old": store.IfVersion(old.Version)} {
		_, err := s.Put(ctx, k, body, c)
		if !errors.Is(err, syscall.EFBIG) || !strings.Contains(err.Error(), string(k)) {
			return fmt.Errorf("put %s of 1500 bytes where 1000 fit: %v", k, err)
		}
	}
	return nil
}
