package dir_test

import (
	"os"
	"runtime"
	"syscall"
	"testing"
)

// loseRights makes the rest of the test run as nobody if it runs as root, who
// may read everything.
func loseRights(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		return
	}
	runtime.LockOSThread() // the rights are those of the thread
	must(t, syscall.Setfsuid(65534))
	t.Cleanup(func() {
		must(t, syscall.Setfsuid(0))
		runtime.UnlockOSThread()
	})
}
