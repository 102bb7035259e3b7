package screentest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A source is one parsed Go file of the module.
type source struct {
	path string // slash-separated, relative to the root
	file *ast.File
	set  *token.FileSet
}

func (s source) isTest() bool { return strings.HasSuffix(s.path, "_test.go") }

func (s source) line(p token.Pos) int { return s.set.Position(p).Line }

func sources(t *testing.T) []source {
	t.Helper()
	var all []source
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Name() == "node_modules" {
			return filepath.SkipDir
		}
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".go" {
			return err
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, path, nil, parser.ParseComments)
		all = append(all, source{filepath.ToSlash(path), file, set})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 20 {
		t.Fatalf("found only %d Go files: the test looks in the wrong place", len(all))
	}
	return all
}

func TestFilesAreShort(t *testing.T) {
	for _, s := range sources(t) {
		if n := s.line(s.file.FileEnd); !s.isTest() && n > 300 {
			t.Errorf("%s has %d lines, more than 300: what is its second job?", s.path, n)
		}
	}
}

func TestFunctionsAreShort(t *testing.T) {
	var lengths []int
	for _, s := range sources(t) {
		for _, d := range s.file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || s.isTest() {
				continue
			}
			n := s.line(f.End()) - s.line(f.Pos()) + 1
			lengths = append(lengths, n)
			if n > 60 {
				t.Errorf("%s:%d: %s has %d lines, more than 60", s.path, s.line(f.Pos()), f.Name.Name, n)
			}
		}
	}
	slices.Sort(lengths)
	if median := lengths[len(lengths)/2]; median > 15 {
		t.Errorf("the median function has %d lines, more than 15", median)
	}
}

// What the environment is, and what time it is, is decided in mains; a test must
// be able to run the rest anywhere and at any time. The exceptions each have a
// reason.
func TestDomainReadsNoEnvironment(t *testing.T) {
	calls := map[string]string{
		"os.Getenv": "cmd/", "os.LookupEnv": "cmd/", "os.Exit": "cmd/", "time.Now": "cmd/", "os.Stdout": "cmd/", "os.Stderr": "cmd/",
	}
	allowed := []string{
		"infra/main.go",          // a main
		"pkg/store/",             // drivers: the time an object was written is a fact of the medium
		"pkg/endpoint/",          // a driver: it measures how long its peer takes
		"pkg/judge/openai/",      // likewise
		"pkg/judge/offline/fit/", // a main
		"pkg/lease/",             // whether a holder lives is read off the clock; its tests run in a bubble
		"pkg/actor/rostertest/",  // support of tests
		"pkg/lambdatest/",        // likewise: it runs and times processes
	}
	for _, s := range sources(t) {
		if s.isTest() || slices.ContainsFunc(allowed, func(p string) bool { return strings.HasPrefix(s.path, p) }) {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			selector, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			pkg, ok := selector.X.(*ast.Ident)
			if !ok || pkg.Obj != nil {
				return true
			}
			name := pkg.Name + "." + selector.Sel.Name
			home, restricted := calls[name]
			if restricted && !strings.HasPrefix(s.path, home) && !strings.HasPrefix(s.path, "functions/") {
				t.Errorf("%s:%d: %s belongs in a main; take it as a parameter", s.path, s.line(n.Pos()), name)
			}
			return true
		})
	}
}

// layers lists the packages bottom up; each may import only those before it.
var layers = []string{
	"store", "store/storetest", "store/mem", "store/dir", "store/s3", "store/s3/s3test", "lease",
	"queue", "queue/queuetest", "queue/mem", "queue/sqs", "queue/sqs/sqstest", "lambdatest",
	"actor", "actor/rostertest", "manifest", "migration",
	"verdict", "inspect", "cost", "endpoint", "judge", "judge/offline", "judge/openai", "judge/openai/openaitest",
	"note", "balance", "decision", "ledger", "mirror", "trash", "settings", "evaluation", "evaluator", "run",
	"generate", "generate/generatetest", "generate/offline", "generate/openai",
	"restore", "verify", "execution",
	"event", "sweep", "metric", "worker", "secret", "cloudtest",
	"thumbnail", "album", "page", "report", "web",
	"score", "sample/picture", "sample",
}

func TestImportsPointDown(t *testing.T) {
	for _, s := range sources(t) {
		pkg := strings.TrimPrefix(filepath.ToSlash(filepath.Dir(s.path)), "pkg/")
		if s.isTest() || !strings.HasPrefix(s.path, "pkg/") || pkg == "judge/offline/fit" {
			continue
		}
		level := slices.Index(layers, pkg)
		if level < 0 {
			t.Errorf("%s: package %s has no place in layers", s.path, pkg)
			continue
		}
		for _, i := range s.file.Imports {
			imported, ours := strings.CutPrefix(strings.Trim(i.Path.Value, `"`), "screentest/pkg/")
			if ours && slices.Index(layers, imported) >= level {
				t.Errorf("%s imports %s, which is not below it", s.path, imported)
			}
		}
	}
}

// Drivers are named in mains only: everything else works with their ports.
func TestDriversAreNamedInMains(t *testing.T) {
	drivers := regexp.MustCompile(`^"(screentest/pkg/(store|queue)/(dir|mem|s3|sqs)|screentest/pkg/(judge|generate)/openai|screentest/pkg/secret|github.com/sashabaranov/go-openai.*|github.com/aws/.*)"$`)
	aws := regexp.MustCompile(`^"github.com/(aws|johannesboyne)/`)
	drives := regexp.MustCompile(`^pkg/(store/s3|queue/sqs|secret)/`)
	for _, s := range sources(t) {
		main := strings.HasPrefix(s.path, "cmd/") || strings.HasPrefix(s.path, "functions/") || strings.HasPrefix(s.path, "internal/parts/")
		driver := strings.HasPrefix(s.path, "pkg/store/") || strings.HasPrefix(s.path, "pkg/queue/") || strings.HasPrefix(s.path, "pkg/secret/") || strings.HasPrefix(s.path, "pkg/cloudtest/") || strings.HasPrefix(s.path, "pkg/judge/openai/")
		for _, i := range s.file.Imports {
			if strings.HasPrefix(s.path, "infra/") {
				continue // the stacks are a program of their own, made of the vendor's constructs
			}
			if drivers.MatchString(i.Path.Value) && !main && !driver && !s.isTest() {
				t.Errorf("%s imports the driver %s", s.path, i.Path.Value)
			}
			if aws.MatchString(i.Path.Value) && !main && !drives.MatchString(s.path) {
				t.Errorf("%s imports %s, which belongs in the driver", s.path, i.Path.Value)
			}
		}
	}
}

func TestExportedNamesAreDocumented(t *testing.T) {
	total, bare := 0, 0
	for _, s := range sources(t) {
		if s.isTest() || s.file.Name.Name == "main" {
			continue
		}
		for _, d := range s.file.Decls {
			for _, undocumented := range exported(d) {
				total++
				if undocumented != "" {
					bare++
					t.Errorf("%s:%d: %s has no comment", s.path, s.line(d.Pos()), undocumented)
				}
			}
		}
	}
	if total < 100 {
		t.Errorf("only %d exported names found: the test looks in the wrong place", total)
	}
}

// exported returns, for every exported name that d declares, "" if a comment
// covers it and the name if none does.
func exported(d ast.Decl) []string {
	var names []string
	add := func(name *ast.Ident, comments ...*ast.CommentGroup) {
		covered := slices.ContainsFunc(comments, func(c *ast.CommentGroup) bool { return c != nil })
		switch {
		case !name.IsExported():
		case covered:
			names = append(names, "")
		default:
			names = append(names, name.Name)
		}
	}
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Recv == nil || receiverExported(d) {
			add(d.Name, d.Doc)
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch spec := spec.(type) {
			case *ast.TypeSpec:
				add(spec.Name, d.Doc, spec.Doc)
			case *ast.ValueSpec:
				for _, name := range spec.Names {
					add(name, d.Doc, spec.Doc, spec.Comment)
				}
			}
		}
	}
	return names
}

// receiverExported leaves out methods that implement an interface of the
// standard library, whose meaning is known.
func receiverExported(f *ast.FuncDecl) bool {
	known := []string{"Error", "String", "Unwrap", "MarshalJSON", "UnmarshalJSON", "RoundTrip", "Read", "Close", "ServeHTTP", "Len", "Less", "Swap"}
	receiver := f.Recv.List[0].Type
	if star, ok := receiver.(*ast.StarExpr); ok {
		receiver = star.X
	}
	name, ok := receiver.(*ast.Ident)
	return ok && name.IsExported() && !slices.Contains(known, f.Name.Name)
}

func TestEveryPackageSaysWhatItIsFor(t *testing.T) {
	documented := map[string]int{}
	for _, s := range sources(t) {
		if s.isTest() {
			continue
		}
		dir := filepath.Dir(s.path)
		documented[dir] += 0
		if s.file.Doc != nil {
			documented[dir]++
		}
	}
	for dir, n := range documented {
		if n != 1 {
			t.Errorf("%s has %d package comments, wants 1", dir, n)
		}
	}
}

func TestPackageNamesSayOneJob(t *testing.T) {
	for _, s := range sources(t) {
		switch name := s.file.Name.Name; name {
		case "util", "utils", "common", "types", "helpers", "misc", "shared", "base":
			t.Errorf("%s: package %s says nothing about its job", s.path, name)
		}
	}
}

// Every direct dependency has its line in DESIGN.md.
func TestDependenciesAreReasoned(t *testing.T) {
	var module []byte
	for _, name := range []string{"go.mod", "infra/go.mod"} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		module = append(module, text...)
	}
	design, err := os.ReadFile("DESIGN.md")
	if err != nil {
		t.Fatal(err)
	}
	direct := regexp.MustCompile(`(?m)^\t(\S+) v\S+$`).FindAllStringSubmatch(string(module), -1)
	if len(direct) < 5 {
		t.Fatalf("found only %d direct dependencies", len(direct))
	}
	for _, match := range direct {
		name := match[1]
		if rest, ok := strings.CutPrefix(name, "github.com/aws/aws-sdk-go-v2/"); ok {
			name = "…/" + rest
		}
		if !strings.Contains(string(design), name) {
			t.Errorf("%s has no line in DESIGN.md", match[1])
		}
	}
}

func TestNothingIsLeftAsANote(t *testing.T) {
	note := regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME|X` + `XX|HA` + `CK)\b`)
	for _, s := range sources(t) {
		for _, group := range s.file.Comments {
			if note.MatchString(group.Text()) {
				t.Errorf("%s:%d: %s: do it, or say in DESIGN.md why not", s.path, s.line(group.Pos()), note.FindString(group.Text()))
			}
		}
	}
}
