package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"screentest/pkg/store/s3"
)

// reportMark is the file that tells a directory with a report, be it unfinished,
// from any other. It lists the files of the report, a name a line.
const reportMark = ".screentest-report"

// A reportDir is the directory that a report is written into. What an earlier
// report has left and this one has not written again is removed; other files are
// none of ours. It is safe for concurrent use.
type reportDir struct {
	path string
	old  []string // files of the earlier report

	mu      sync.Mutex
	written map[string]bool
}

// openReportDir refuses a directory that holds something other than a report, and
// one in the tree, where images are looked for.
func openReportDir(path, data string) (*reportDir, error) {
	switch {
	case path == "":
		return nil, usageError{errors.New("-o is empty: name the directory to write into")}
	case strings.Contains(path, "://"):
		return nil, usageError{hint(fmt.Errorf("-o %s is no directory", path), "write the report into a directory and copy that: aws s3 sync DIR s3://bucket/prefix")}
	case !strings.HasPrefix(data, s3.Scheme) && within(path, data) && !within(path, filepath.Join(data, "screentest", "reports")):
		return nil, usageError{hint(fmt.Errorf("%s lies in the data tree", path), "name a directory elsewhere with -o, or below %s", filepath.Join(data, "screentest", "reports"))}
	}
	d := &reportDir{path: path, written: map[string]bool{}}
	files, err := os.ReadDir(path)
	if errors.Is(err, os.ErrNotExist) || err == nil && len(files) == 0 {
		err = d.put(reportMark, nil)
	}
	if err != nil {
		return nil, hint(fmt.Errorf("write the report into %s: %w", path, err), "name another directory with -o")
	}
	if len(files) == 0 {
		return d, nil
	}
	text, err := os.ReadFile(filepath.Join(path, reportMark))
	if err != nil {
		return nil, hint(fmt.Errorf("%s is not empty and holds no earlier report", path), "name another directory with -o")
	}
	d.old = strings.Split(string(text), "\n")
	return d, nil
}

// within reports whether path is the directory root or lies in it.
func within(path, root string) bool {
	rel, err := filepath.Rel(real(root), real(path))
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}

// real is where path lies, without links, as far as that exists.
func real(path string) string {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return path
	}
	if resolved, err := filepath.EvalSymlinks(absolute); err == nil {
		return resolved
	}
	parent, name := filepath.Split(absolute)
	if name == "" {
		return absolute
	}
	return filepath.Join(real(filepath.Clean(parent)), name)
}

// write writes a file of the report.
func (d *reportDir) write(name string, content []byte) error {
	d.mu.Lock()
	d.written[name] = true
	d.mu.Unlock()
	return d.put(name, content)
}

// put puts a file in place whole: no reader sees half of it.
func (d *reportDir) put(name string, content []byte) error {
	path := filepath.Join(d.path, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(path), ".report-*")
	if err != nil {
		return err
	}
	defer os.Remove(file.Name())
	_, err = file.Write(content)
	if err = errors.Join(err, file.Chmod(0o644), file.Close()); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}

// finish removes what is left of the earlier report, and lists what is there now.
func (d *reportDir) finish() error {
	for _, name := range d.old {
		if d.written[name] || !filepath.IsLocal(filepath.FromSlash(name)) {
			continue
		}
		if err := os.Remove(filepath.Join(d.path, filepath.FromSlash(name))); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	list := strings.Join(slices.Sorted(maps.Keys(d.written)), "\n") + "\n"
	return d.put(reportMark, []byte(list))
}
