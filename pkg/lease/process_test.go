package lease_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"testing/synctest"
	"time"

	"screentest/pkg/lease"
	"screentest/pkg/store/dir"
)

// treeVariable makes this test binary a process that holds the claim in a tree
// until it is killed.
const treeVariable = "SCREENTEST_TEST_TREE"

func TestMain(m *testing.M) {
	root := os.Getenv(treeVariable)
	if root == "" {
		os.Exit(m.Run())
	}
	s, err := dir.Open(root)
	if err == nil {
		err = lease.Hold(context.Background(), s, key, "child", func(context.Context) error {
			fmt.Println("holding")
			select {}
		})
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func TestKilledHolder(t *testing.T) {
	root := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	child := exec.CommandContext(t.Context(), self)
	child.Env = append(os.Environ(), treeVariable+"="+root)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	s, err := dir.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	try := func(wait time.Duration) (err error) {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), wait)
			defer cancel()
			err = hold(ctx, s, 0)
		})
		return err
	}
	if err := try(time.Hour); err == nil {
		t.Error("the claim is taken from a living process")
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	child.Wait()
	if err := try(time.Millisecond); err != nil {
		t.Errorf("after the kill: %v", err)
	}
	gone(t, s)
}
