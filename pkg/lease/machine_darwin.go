package lease

import (
	"sync"
	"syscall"
)

// machine identifies the space in which a process id means one process: this
// boot of this machine. It is "" if that cannot be told, as nothing then follows
// from a process not being seen.
var machine = sync.OnceValue(func() string {
	boot, err := syscall.Sysctl("kern.bootsessionuuid")
	if err != nil {
		return ""
	}
	return boot
})
