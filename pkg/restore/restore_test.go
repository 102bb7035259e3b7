package restore_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"screentest/pkg/ledger"
	"screentest/pkg/manifest"
	"screentest/pkg/mirror"
	"screentest/pkg/restore"
	"screentest/pkg/store"
	"screentest/pkg/store/dir"
	"screentest/pkg/store/mem"
	"screentest/pkg/store/s3"
	"screentest/pkg/store/s3/s3test"
	"screentest/pkg/store/storetest"
)

var all = restore.Selection{}

// deleted returns the set of open after a plan that deleted all but one image,
// and what its manifest was before.
func deleted(t *testing.T) (s *mem.Store, before string) {
	t.Helper()
	s = mem.New()
	open(t, s)
	before = entries(t, s)
	perform(t, s, noon, ledger.Done, standing...)
	return s, before
}

// asBefore fails the test unless everything is as it was before the plan, and the
// ledger has a line for each image that came back.
func asBefore(t *testing.T, s store.Store, before string) {
	t.Helper()
	for _, d := range standing {
		if got := read(t, s, image(d.file)); got != d.body {
			t.Errorf("%s holds %q", d.file, got)
		}
		if d.remote != "" && read(t, s, inMirror+d.remote) != d.body {
			t.Errorf("%s is not in the mirror", d.remote)
		}
	}
	if got := entries(t, s); got != before {
		t.Errorf("the manifest is\n%s\nand was\n%s", got, before)
	}
	if left := slices.Concat(keys(t, s, "screentest/trash/"), keys(t, s, string(inMirror)+"screentest/"), keys(t, s, "screentest/leases/")); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
	if got, want := acts(t, s, ledger.Restored), []string{"a.png", "b.png", "c.png", "d.png"}; !slices.Equal(got, want) {
		t.Errorf("the ledger says that %q came back, want %q", got, want)
	}
}

func TestRestore(t *testing.T) {
	s, before := deleted(t)
	report, err := config(s).Restore(t.Context(), "ann", all)
	if err != nil || len(report.Problems) > 0 || !slices.Equal(files(report), []string{"a.png", "b.png", "c.png", "d.png"}) {
		t.Fatalf("%+v, %v", report, err)
	}
	if !slices.Equal(report.Left, []string{"https://example.com/c.png"}) {
		t.Errorf("left %q", report.Left)
	}
	asBefore(t, s, before)
	m, _, err := manifest.Load(t.Context(), s, "ann")
	must(t, err)
	if d := m.Images["d.png"]; !d.Unnamed || d.SHA256 != hash("DDDD") {
		t.Errorf("an image without an entry got %+v", d)
	}
	book, err := ledger.Load(t.Context(), s, "ann")
	must(t, err)
	latest, _ := book.Latest()
	last := book.Lines[len(book.Lines)-1]
	if last.File != "a.png" || last.SHA256 != hash("A") || last.To != image("a.png") || last.By != "tester" || !strings.Contains(last.Why, "blurred") {
		t.Errorf("the line is %+v", last)
	}
	if steps := latest.Steps(); latest.Last().Act != ledger.Done || !slices.ContainsFunc(latest.Of(steps[0]), func(l ledger.Line) bool { return l.Act == ledger.Restored }) {
		t.Errorf("the lines do not belong to the steps of the plan: %+v", latest)
	}
	again, err := config(s).Restore(t.Context(), "ann", all)
	if err != nil || len(again.Images)+len(again.Problems) > 0 {
		t.Errorf("again: %+v, %v", again, err)
	}
}

func TestSelection(t *testing.T) {
	s, _ := deleted(t)
	plan := strings.Split(keys(t, s, "screentest/trash/")[0], "/")[3]
	steps := []struct {
		what           restore.Selection
		back, problems []string
	}{
		{restore.Selection{Files: []string{"x.png"}}, nil, []string{"x.png: it is not in the trash"}},
		{restore.Selection{Proposal: "p"}, nil, []string{"ann: nothing of plan p is in the trash"}},
		{restore.Selection{Files: []string{"a.png"}, Proposal: "p"}, nil, []string{"a.png: it is not in the trash of plan p"}},
		{restore.Selection{Files: []string{"c.png", "a.png"}, Proposal: plan}, []string{"a.png", "c.png"}, nil},
		{restore.Selection{Proposal: plan}, []string{"b.png", "d.png"}, nil},
	}
	for _, step := range steps {
		report, err := config(s).Restore(t.Context(), "ann", step.what)
		var problems []string
		for _, p := range report.Problems {
			problems = append(problems, p.Where+": "+p.Reason)
		}
		if err != nil || !slices.Equal(files(report), step.back) || !slices.Equal(problems, step.problems) {
			t.Errorf("%+v: %+v, %v", step.what, report, err)
		}
	}
}

// Whatever fails, a second run ends as if nothing had: all that was there is
// back, once, and the record says so once.
func TestSweepRestore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var before string
		start := func(t *testing.T) store.Store {
			var s store.Store
			s, before = deleted(t)
			return s
		}
		flow := func(s store.Store) error {
			_, err := config(s).Restore(t.Context(), "ann", all)
			return err
		}
		storetest.Sweep(t, start, flow, func(t *testing.T, s store.Store, _ error) {
			report, err := config(s).Restore(t.Context(), "ann", all)
			if err != nil || len(report.Problems) > 0 {
				t.Errorf("the rerun: %+v, %v", report, err)
			}
			asBefore(t, s, before)
		})
	})
}

// What keeps one image in the trash keeps no other there, and nothing that has
// its place is touched.
func TestOneImageStays(t *testing.T) {
	replace := func(t *testing.T, s store.Store, k store.Key, body string) {
		must(t, store.Update(t.Context(), s, k, func([]byte) ([]byte, error) { return []byte(body), nil }))
	}
	trashed := func(t *testing.T, s store.Store, mirrored bool) store.Key {
		for _, k := range keys(t, s, "screentest/trash/ann/") {
			if strings.HasSuffix(k, "/images/a.png") {
				if mirrored {
					return inMirror + store.Key(k)
				}
				return store.Key(k)
			}
		}
		t.Fatal("a.png is not in the trash")
		return ""
	}
	tests := []struct {
		name, want string
		spoil      func(*testing.T, store.Store)
	}{
		{"another image has the name", "another image has that name", func(t *testing.T, s store.Store) { put(t, s, image("a.png"), "other") }},
		{"another image has the name in the mirror", "in the mirror: another image has that name", func(t *testing.T, s store.Store) { put(t, s, inMirror+"old/ann/a.png", "other") }},
		{"the trash lacks the image", "the image is not", func(t *testing.T, s store.Store) { remove(t, s, trashed(t, s, false)) }},
		{"the mirror's trash lacks the image", "in the mirror: the receipt", func(t *testing.T, s store.Store) { remove(t, s, trashed(t, s, true)) }},
		{"the image in the trash is another", "other contents than its receipt", func(t *testing.T, s store.Store) { replace(t, s, trashed(t, s, false), "other") }},
		{"the image in the mirror's trash is another", "in the mirror: ", func(t *testing.T, s store.Store) { replace(t, s, trashed(t, s, true), "other") }},
		{"the receipt is damaged", "not a receipt", func(t *testing.T, s store.Store) {
			replace(t, s, store.Key(strings.Replace(string(trashed(t, s, false)), "/images/", "/receipts/", 1)), "{")
		}},
		{"the manifest knows another of the name", "another image has that name", func(t *testing.T, s store.Store) {
			replace(t, s, manifestKey, `{"images": {"a.png": {"sha256": "`+hash("other")+`"}}}`)
		}},
		{"the manifest says something else", "another entry of that name", func(t *testing.T, s store.Store) {
			replace(t, s, manifestKey, `{"images": {"a.png": {"prompt": "another"}}}`)
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s, _ := deleted(t)
			test.spoil(t, s)
			standing := read(t, s, image("a.png"))
			report, err := config(s).Restore(t.Context(), "ann", all)
			if err != nil || !slices.Equal(files(report), []string{"b.png", "c.png", "d.png"}) {
				t.Errorf("%+v, %v", report, err)
			}
			if len(report.Problems) != 1 || !strings.Contains(report.Problems[0].Reason, test.want) || !strings.HasSuffix(report.Problems[0].Where, "/a.png") {
				t.Errorf("%+v; want it to say %q", report.Problems, test.want)
			}
			if got := read(t, s, image("a.png")); standing != "" && got != standing {
				t.Errorf("the image became %q", got)
			}
			if !slices.ContainsFunc(keys(t, s, "screentest/trash/"), func(k string) bool { return strings.HasSuffix(k, "/receipts/a.png") }) {
				t.Error("its receipt is gone")
			}
		})
	}
}

func TestWithoutManifest(t *testing.T) {
	s, _ := deleted(t)
	remove(t, s, manifestKey)
	report, err := config(s).Restore(t.Context(), "ann", all)
	if err != nil || !slices.Equal(files(report), []string{"d.png"}) || len(report.Problems) != 3 || !strings.Contains(report.Problems[0].Reason, "screentest migrate") {
		t.Errorf("%+v, %v", report, err)
	}
	if got := read(t, s, manifestKey); got != "" {
		t.Errorf("a manifest was invented: %s", got)
	}
}

func TestDamagedManifestIsNotTouched(t *testing.T) {
	s, _ := deleted(t)
	remove(t, s, manifestKey)
	put(t, s, manifestKey, `{"images": [`)
	report, err := config(s).Restore(t.Context(), "ann", all)
	if err != nil || len(report.Images) > 0 || len(report.Problems) != 4 || read(t, s, manifestKey) != `{"images": [` || read(t, s, image("a.png")) != "" {
		t.Errorf("%+v, %v", report, err)
	}
}

// Of several images with one name the newest comes back and no other is lost.
func TestSeveralOfOneName(t *testing.T) {
	s := mem.New()
	put(t, s, manifestKey, `{"images": {}}`)
	for i, body := range []string{"old", "same", "same"} {
		put(t, s, image("a.png"), body)
		perform(t, s, noon.Add(time.Duration(i)*time.Hour), ledger.Done, deletion{file: "a.png", body: body})
	}
	report, err := config(s).Restore(t.Context(), "ann", all)
	if err != nil || len(report.Images) != 2 || len(report.Problems) != 1 || read(t, s, image("a.png")) != "same" {
		t.Errorf("%+v, %v", report, err)
	}
	if left := keys(t, s, "screentest/trash/"); len(left) != 2 || read(t, s, store.Key(left[0])) != "old" {
		t.Errorf("the trash holds %q", left)
	}
}

func TestUnfinishedPlan(t *testing.T) {
	s := mem.New()
	open(t, s)
	plan := perform(t, s, noon, "", standing[:2]...)
	_, restoreErr := config(s).Restore(t.Context(), "ann", all)
	_, emptyErr := config(s).Empty(t.Context(), "ann", noon.Add(time.Hour))
	for _, err := range []error{restoreErr, emptyErr} {
		if err == nil || !strings.Contains(err.Error(), plan) || !strings.Contains(err.Error(), "screentest balance") {
			t.Error(err)
		}
	}
	if got := read(t, s, image("a.png")); got != "" {
		t.Error("an image came back in the middle of a plan")
	}
	if left := keys(t, s, "screentest/trash/"); len(left) != 4 {
		t.Errorf("the trash holds %q", left)
	}
}

func TestAlteredLedger(t *testing.T) {
	s, _ := deleted(t)
	must(t, store.Update(t.Context(), s, ledgerKey, func(old []byte) ([]byte, error) { return append(old, "{}\n"...), nil }))
	if _, err := config(s).Restore(t.Context(), "ann", all); !errors.Is(err, ledger.ErrAltered) {
		t.Error(err)
	}
	if got := read(t, s, image("a.png")); got != "" {
		t.Error("an image came back that cannot be recorded")
	}
}

func TestWithoutMirror(t *testing.T) {
	s, _ := deleted(t)
	c := config(s)
	c.Remote = mirror.Remote{}
	report, err := c.Restore(t.Context(), "ann", all)
	if err != nil || !slices.Equal(files(report), []string{"c.png", "d.png"}) || len(report.Problems) != 2 || !strings.Contains(report.Problems[0].Reason, "--mirror s3://") {
		t.Errorf("%+v, %v", report, err)
	}
	c.Remote.Waived = true
	report, err = c.Restore(t.Context(), "ann", all)
	if err != nil || !slices.Equal(files(report), []string{"a.png", "b.png"}) || len(report.Left) != 2 || !strings.HasSuffix(report.Left[1], "/images/a.png") {
		t.Errorf("%+v, %v", report, err)
	}
	if got := keys(t, s, string(inMirror)); len(got) != 2 {
		t.Errorf("the mirror was touched: %q", got)
	}
}

// forbidden refuses to write some objects.
type forbidden struct {
	store.Store
	key store.Key
}

func (f forbidden) Copy(ctx context.Context, src store.Key, v store.Version, dst store.Key) (store.Version, error) {
	if dst == f.key {
		return "", fmt.Errorf("copy to %s: %w", dst, fs.ErrPermission)
	}
	return f.Store.Copy(ctx, src, v, dst)
}

func (f forbidden) Delete(ctx context.Context, k store.Key, v store.Version) error {
	if k == f.key {
		return fmt.Errorf("delete %s: %w", k, fs.ErrPermission)
	}
	return f.Store.Delete(ctx, k, v)
}

func TestPermissions(t *testing.T) {
	s, before := deleted(t)
	report, err := config(forbidden{s, image("b.png")}).Restore(t.Context(), "ann", all)
	if err != nil || !slices.Equal(files(report), []string{"a.png", "c.png", "d.png"}) || len(report.Problems) != 1 || !strings.Contains(report.Problems[0].Reason, "permission denied") {
		t.Errorf("%+v, %v", report, err)
	}
	receipt := keys(t, s, "screentest/trash/")[1]
	report, err = config(forbidden{s, store.Key(receipt)}).Restore(t.Context(), "ann", all)
	if err != nil || !slices.Equal(files(report), []string{"b.png"}) || len(report.Problems) != 1 || !strings.Contains(report.Problems[0].Reason, "still in the trash") {
		t.Errorf("%+v, %v", report, err)
	}
	if report, err = config(s).Restore(t.Context(), "ann", all); err != nil || len(report.Problems) > 0 {
		t.Errorf("%+v, %v", report, err)
	}
	asBefore(t, s, before)
}

func TestStopped(t *testing.T) {
	s, _ := deleted(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := config(s).Restore(ctx, "ann", all); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if _, err := config(s).Restore(t.Context(), "../ann", all); err == nil || !strings.Contains(err.Error(), "leads out") {
		t.Error(err)
	}
}

// TestRandom: whatever was deleted, put in its place and asked for, no content is
// lost, nothing is overwritten, and what is reported as restored is there.
func TestRandom(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := mem.New()
		put(t, s, manifestKey, `{"images": {}}`)
		names := []string{"a.png", "b.png", "c.jpg"}
		contents := rapid.SampledFrom([]string{"1", "2", "3"})
		known := map[string]bool{}
		for i := range rapid.IntRange(1, 6).Draw(t, "deletions") {
			d := deletion{file: rapid.SampledFrom(names).Draw(t, "file"), body: contents.Draw(t, "content")}
			known[d.body] = true
			put(t, s, image(d.file), d.body)
			perform(t, s, noon.Add(time.Duration(i)*time.Hour), ledger.Done, d)
		}
		set := map[string]string{}
		for _, name := range names {
			if rapid.Bool().Draw(t, "taken") {
				set[name] = contents.Draw(t, "content")
				known[set[name]] = true
				put(t, s, image(name), set[name])
			}
		}
		inTrash := len(keys(t, s, "screentest/trash/"))
		what := restore.Selection{Files: rapid.SliceOfDistinct(rapid.SampledFrom(names), rapid.ID[string]).Draw(t, "wanted")}
		report, err := config(s).Restore(t.Context(), "ann", what)
		must(t, err)
		for _, i := range report.Images {
			if hash(read(t, s, image(i.File))) != i.SHA256 {
				t.Fatalf("%+v is not there", i)
			}
		}
		if got := len(keys(t, s, "screentest/trash/")); got != inTrash-2*len(report.Images) {
			t.Fatalf("%d objects in the trash after %d and %d restored", got, inTrash, len(report.Images))
		}
		left := map[string]bool{}
		for _, k := range slices.Concat(keys(t, s, "screentest/trash/"), keys(t, s, "actors/")) {
			left[read(t, s, store.Key(k))] = true
		}
		for body := range known {
			if !left[body] {
				t.Fatalf("the content %s is lost", body)
			}
		}
		for name, body := range set {
			if read(t, s, image(name)) != body {
				t.Fatalf("%s was overwritten", name)
			}
		}
	})
}

// The same in a directory with its mirror in a bucket, through the real drivers.
func TestDirectoryAndBucket(t *testing.T) {
	server := s3test.New(t)
	for name, value := range server.Environment() {
		t.Setenv(name, value)
	}
	bucket, err := s3.Open(t.Context(), s3.Scheme+s3test.Bucket+"/of/ann")
	must(t, err)
	local, err := dir.Open(t.TempDir())
	must(t, err)
	s := split{local, bucket}
	open(t, s)
	before := entries(t, s)
	perform(t, s, noon, ledger.Done, standing...)
	report, err := config(s).Restore(t.Context(), "ann", all)
	if err != nil || len(report.Problems) > 0 || len(report.Images) != 4 {
		t.Errorf("%+v, %v", report, err)
	}
	asBefore(t, s, before)
	perform(t, s, noon.Add(time.Minute), ledger.Done, standing...)
	emptied, err := config(s).Empty(t.Context(), "ann", noon.Add(time.Hour))
	if err != nil || len(emptied.Problems) > 0 || len(emptied.Images) != 4 {
		t.Errorf("%+v, %v", emptied, err)
	}
	if left := slices.Concat(keys(t, local, "screentest/trash/"), keys(t, bucket, "")); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

// split is a tree in one store and its mirror in another.
type split struct{ tree, mirror store.Store }

func (s split) of(k store.Key) (store.Store, store.Key) {
	if rest, ok := strings.CutPrefix(string(k), string(inMirror)); ok {
		return s.mirror, store.Key(rest)
	}
	return s.tree, k
}

func (s split) List(ctx context.Context, o store.ListOptions) (store.Page, error) {
	in, prefix := s.of(store.Key(o.Prefix))
	o.Prefix = string(prefix)
	return in.List(ctx, o)
}

func (s split) Get(ctx context.Context, k store.Key) (store.Object, error) {
	in, k := s.of(k)
	return in.Get(ctx, k)
}

func (s split) Put(ctx context.Context, k store.Key, body []byte, c store.Condition) (store.Version, error) {
	in, k := s.of(k)
	return in.Put(ctx, k, body, c)
}

func (s split) Copy(ctx context.Context, src store.Key, v store.Version, dst store.Key) (store.Version, error) {
	in, src := s.of(src)
	_, dst = s.of(dst)
	return in.Copy(ctx, src, v, dst)
}

func (s split) Delete(ctx context.Context, k store.Key, v store.Version) error {
	in, k := s.of(k)
	return in.Delete(ctx, k, v)
}

// Two at once share the work, and each image comes back once.
func TestTwoAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, before := deleted(t)
		var group sync.WaitGroup
		var reports [2]restore.Report
		for i := range reports {
			group.Go(func() {
				var err error
				if reports[i], err = config(s).Restore(t.Context(), "ann", all); err != nil || len(reports[i].Problems) > 0 {
					t.Errorf("%+v, %v", reports[i], err)
				}
			})
		}
		group.Wait()
		if n := len(reports[0].Images) + len(reports[1].Images); n != 4 {
			t.Errorf("%d images came back", n)
		}
		asBefore(t, s, before)
	})
}
