package lease

import (
	"os"
	"strings"
	"sync"
)

// machine identifies the space in which a process id means one process: this
// boot of this machine, and this container on it. It is "" if that cannot be
// told, as nothing then follows from a process not being seen.
var machine = sync.OnceValue(func() string {
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	container, err := os.Readlink("/proc/self/ns/pid")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(boot)) + " " + container
})
