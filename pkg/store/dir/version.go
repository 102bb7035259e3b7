package dir

import (
	"fmt"
	"io/fs"
	"os"
	"syscall"
	"time"

	"screentest/pkg/store"
)

func info(k store.Key, fi fs.FileInfo) store.Info {
	return store.Info{Key: k, Size: fi.Size(), Version: version(fi), Modified: fi.ModTime()}
}

// version tells states of a file apart without reading it. Programs can set the
// modification time but not the time of change, which is therefore part of it.
func version(fi fs.FileInfo) store.Version {
	st := fi.Sys().(*syscall.Stat_t)
	return store.Version(fmt.Sprintf("%x-%x-%x-%x", fi.Size(), fi.ModTime().UnixNano(), changeTime(st).Nano(), st.Ino))
}

// stamp gives the temporary file f a modification time later than that of old,
// which it is going to replace (nil for none). The system's own times cannot be
// relied on: several writes may fall into one tick of its clock, and an inode
// number comes back as soon as it is free.
func stamp(f *os.File, d folder, old fs.FileInfo) error {
	now := time.Now()
	if old != nil && !now.After(old.ModTime()) {
		now = old.ModTime().Add(time.Nanosecond)
	}
	// Two seconds are the coarsest clock of a file system in use.
	for _, more := range []time.Duration{0, 2 * time.Second} {
		if err := d.Chtimes(temporary, now.Add(more), now.Add(more)); err != nil {
			return err
		}
		fi, err := f.Stat()
		if err != nil {
			return err
		}
		if old == nil || fi.ModTime().After(old.ModTime()) {
			return nil
		}
	}
	return fmt.Errorf("the file system cannot give a time later than %s", old.ModTime())
}
