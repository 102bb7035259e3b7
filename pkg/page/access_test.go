package page_test

import (
	"strings"
	"testing"

	"golang.org/x/net/html"

	"screentest/pkg/page"
	"screentest/pkg/verdict"
)

func attribute(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func words(n *html.Node) string {
	if n.Type == html.TextNode {
		return n.Data
	}
	var b strings.Builder
	for c := range n.ChildNodes() {
		b.WriteString(words(c))
	}
	return strings.TrimSpace(b.String())
}

func parse(t *testing.T, document string) *html.Node {
	t.Helper()
	root, err := html.Parse(strings.NewReader(document))
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// Who hears the page instead of seeing it learns what is in a frame, and which frame
// a control belongs to.
func TestAFrameIsToldToThoseWhoDoNotSeeIt(t *testing.T) {
	x := texts["plain"]
	sheet := full(page.Site{Live: true, Token: "secret"}, x)
	sheet.Evaluation.Images = sheet.Evaluation.Images[:2]
	sheet.Evaluation.Images[0].File, sheet.Evaluation.Images[0].DuplicateOf = "one.png", ""
	sheet.Evaluation.Images[1].File, sheet.Evaluation.Images[1].DuplicateOf = "two.png", ""
	sheet.Evaluation.Images[1].Issues = []verdict.Issue{verdict.TooDark}
	pictures, names := map[string]bool{}, map[string]bool{}
	for n := range parse(t, render(t, sheet)).Descendants() {
		switch {
		case n.Data == "img" && attribute(n, "alt") != "":
			for up := n.Parent; up != nil; up = up.Parent {
				if attribute(up, "aria-hidden") == "true" {
					t.Errorf("%q is hidden", attribute(n, "alt"))
				}
			}
			pictures[attribute(n, "alt")] = true
		case n.Data == "summary" && strings.Contains("why decide", attribute(n.Parent, "class")), n.Data == "button" && attribute(n, "name") == "kind":
			name := attribute(n, "aria-label")
			if names[name] || !strings.HasPrefix(name, words(n)) {
				t.Errorf("%q is called %q, as another is or as nobody says who sees it", words(n), name)
			}
			names[name] = true
		}
	}
	for _, want := range []string{"one.png, photorealistic, quality 7 of 10, blurred", "two.png, b/w stylized, quality 7 of 10, too dark, to be deleted"} {
		if !pictures[want] {
			t.Errorf("nothing says %q: %v", want, pictures)
		}
	}
	if len(names) < 13 {
		t.Errorf("only %d controls: %v", len(names), names)
	}
}
