// Package page turns what is known of the actors into HTML: the overview of the
// roster and a contact sheet for each actor. The report writes the pages to files,
// the review page serves them; both use the same templates.
//
// It does no I/O. Names, prompts, notes and reasons are hostile text and leave only
// through html/template. A page asks no other host for anything, reads well
// without scripts, and carries no inline style and no inline script but our own,
// so that a strict Content-Security-Policy fits (see ScriptHash).
package page

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"net/url"
	"regexp"
	"strings"
	"sync"

	"screentest/pkg/actor"
	"screentest/pkg/verdict"
)

//go:embed templates/*.html
var templateFiles embed.FS

//go:embed assets/*
var assetFiles embed.FS

// Assets returns style sheet, script and icon, by file name.
func Assets() fs.FS {
	assets, err := fs.Sub(assetFiles, "assets")
	if err != nil {
		panic(err) // the name is a constant
	}
	return assets
}

// A Site is what all pages have in common.
type Site struct {
	Live    bool   // served, with forms; otherwise a file of a report
	Root    string // of a file of a report: the way up to its top, "" or "../"
	Token   string // against requests from other sites; every form carries it
	Version string // of the assets, so that a browser does not show old ones
	// PictureUSD is what one generated picture is expected to cost, 0 where that is
	// nothing or not known.
	PictureUSD float64
}

// Price says in words what n generated pictures are expected to cost, "" where
// that is nothing.
func (s Site) Price(n int) string {
	if n == 0 || s.PictureUSD == 0 {
		return ""
	}
	return fmt.Sprintf("about $%.2f", float64(n)*s.PictureUSD)
}

// Home returns the address of the overview.
func (s Site) Home() string {
	if s.Live {
		return "/"
	}
	return s.Root + "index.html"
}

// Actor returns the address of an actor's page.
func (s Site) Actor(n actor.Name) string {
	if s.Live {
		return "/actors/" + url.PathEscape(string(n))
	}
	return s.Root + "actors/" + url.PathEscape(string(n)+".html")
}

// Thumbnail returns the address of the small version of an image of n, "" for an
// image without content to go by.
func (s Site) Thumbnail(n actor.Name, sha256 string) string {
	switch {
	case sha256 == "":
		return ""
	case s.Live:
		return "/t/" + url.PathEscape(string(n)) + "/" + sha256 + ".jpg"
	}
	return s.Root + "thumbnails/" + sha256 + ".jpg"
}

// Image returns the address of a whole image by content; a report has none.
func (s Site) Image(n actor.Name, sha256 string) string {
	if !s.Live || sha256 == "" {
		return ""
	}
	return "/images/" + url.PathEscape(string(n)) + "/" + sha256
}

// Asset returns the address of a style sheet, script or icon.
func (s Site) Asset(file string) string {
	if s.Live {
		return "/assets/" + file + "?" + s.Version
	}
	return s.Root + "assets/" + file
}

var templates = template.Must(template.New("").Funcs(template.FuncMap{
	"words": words, "prose": prose, "style": StyleName, "styles": verdict.Styles, "count": count[int], "dollars": dollars, "bar": bar, "breakable": breakable[actor.Name], "breakableFile": file, "plural": plural[int], "plural64": plural[int64], "script": func() template.JS { return script },
}).ParseFS(templateFiles, "templates/*.html"))

// script is part of a served page, which saves a request at every first visit. It
// is our own and holds nothing from outside.
var script = template.JS(mustRead("page.js"))

// ScriptHash returns what a Content-Security-Policy has to say to allow the script
// of a served page and no other.
func ScriptHash() string {
	sum := sha256.Sum256([]byte(script))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// AssetVersion changes when an asset does.
func AssetVersion() string {
	sum := sha256.Sum256([]byte(mustRead("style.css") + mustRead("icon.svg")))
	return hex.EncodeToString(sum[:4])
}

func mustRead(name string) string {
	text, err := fs.ReadFile(Assets(), name)
	if err != nil {
		panic(err) // it is compiled in
	}
	return string(text)
}

// render writes one page or nothing: an error in a template leaves no half of one.
func render(w io.Writer, name string, data any) error {
	var b strings.Builder
	if err := templates.ExecuteTemplate(&b, name, data); err != nil {
		return fmt.Errorf("render %s: %w", name, err)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// words returns an issue as people read it.
func words(i verdict.Issue) string { return strings.ReplaceAll(string(i), "_", " ") }

// StyleName returns a style as people read it.
func StyleName(s verdict.Style) string {
	switch s {
	case verdict.Photorealistic:
		return "photorealistic"
	case verdict.BWStylized:
		return "b/w stylized"
	case verdict.ColorStylized:
		return "colour stylized"
	}
	return "no style"
}

// raw finds what issues and styles are called in documents, where it stands as a
// word of its own and not in the name of a file.
var raw = sync.OnceValue(func() *regexp.Regexp {
	var names []string
	for _, i := range verdict.Issues() {
		names = append(names, string(i))
	}
	for _, s := range verdict.Styles() {
		names = append(names, string(s))
	}
	return regexp.MustCompile(`(^|[\s(])(` + strings.Join(names, "|") + `)($|[\s:;,)])`)
})

// prose returns a reason in the words of the pages: documents keep the raw ones, by
// which they are found.
func prose(reason string) string {
	return raw().ReplaceAllStringFunc(reason, func(found string) string {
		parts := raw().FindStringSubmatch(found)
		if s := verdict.Style(parts[2]); s.Valid() {
			return parts[1] + StyleName(s) + parts[3]
		}
		return parts[1] + words(verdict.Issue(parts[2])) + parts[3]
	})
}

// breakable lets a long name wrap after its underscores rather than anywhere.
func breakable[T ~string](name T) template.HTML {
	return template.HTML(strings.ReplaceAll(template.HTMLEscapeString(string(name)), "_", "_<wbr>"))
}

// file is breakable, and keeps what turns the direction of text to itself.
func file(name string) template.HTML { return "<bdi>" + breakable(name) + "</bdi>" }

// count writes a number with separators: 1,253.
func count[T int | int64](n T) string {
	digits := fmt.Sprint(n)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

func dollars(usd float64) string {
	if usd > 0 && usd < 1 {
		return fmt.Sprintf("$%.4f", usd)
	}
	return fmt.Sprintf("$%.2f", usd)
}

// list joins words as people do: a, b and c.
func list(words []string) string {
	last := len(words) - 1
	if last < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:last], ", ") + " and " + words[last]
}

func plural[T int | int64](n T, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return count(n) + " " + noun + "s"
}
