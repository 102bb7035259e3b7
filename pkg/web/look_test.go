package web_test

import (
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"screentest/pkg/actor"
	"screentest/pkg/album"
	"screentest/pkg/ledger"
	"screentest/pkg/store"
)

// A picture is shown in its own shape and large enough to judge it, and the base
// image stays beside it.
func TestPicturesAreLargeEnoughToJudge(t *testing.T) {
	b := browse(t)
	home, _ := serve(t, nil)
	for width, least := range map[int64]int{1280: 170, 1600: 220, 380: 160} {
		b.do(chromedp.EmulateViewport(width, 900))
		b.open(home + "/actors/" + unbalancedActor)
		b.showAll()
		if small := eval[int](b, `Math.round(Math.min(...[...document.querySelectorAll(".frame img")].map(i => Math.max(i.width, i.height))))`); small < least {
			t.Errorf("at %d px a picture is %d px long, want %d", width, small, least)
		}
		if !eval[bool](b, `[...document.querySelectorAll(".frame img")].every(i => Math.abs(i.width / i.height - i.naturalWidth / i.naturalHeight) < .03)`) {
			t.Errorf("at %d px a picture is not in its own shape", width)
		}
		if width < 1000 {
			continue
		}
		eval[chromedp.Void](b, `scrollTo(0, [...document.querySelectorAll(".group")].pop().offsetTop)`)
		if !eval[bool](b, `(({top, bottom}) => top >= 0 && bottom <= innerHeight)(document.querySelector(".portrait img").getBoundingClientRect())`) {
			t.Errorf("at %d px the base image is out of sight", width)
		}
	}
	b.atEase(home)
}

// showAll waits for all pictures of the page, those out of sight too.
func (b *browser) showAll() {
	b.t.Helper()
	eval[chromedp.Void](b, `for (const i of document.images) i.loading = "eager"`)
	b.wait(`[...document.images].every(i => i.complete && i.naturalWidth > 0)`)
}

// Whoever approves one plan after the other needs a key for each, from the plain
// overview too, and ends where nothing waits any more.
func TestPlansAreApprovedOneAfterTheOther(t *testing.T) {
	b := browse(t)
	home, s := serve(t, nil)
	waiting := cards(b, home+"/?plan=proposed")
	if waiting < 2 {
		t.Fatalf("%d plans wait", waiting)
	}
	b.open(home)
	b.do(chromedp.Click(".cards .p-proposed"), chromedp.WaitReady(".frames"))
	for n := waiting; n > 1; n-- {
		first := eval[string](b, `document.querySelector("h1").textContent`)
		b.do(chromedp.KeyEvent("A", chromedp.KeyModifiers(8)))
		b.wait(`document.querySelector("h1")?.textContent !== "` + first + `" && document.querySelector(".notice")?.textContent.includes("the next plan that waits")`)
		if got := planOf(t, s, actor.Name(first)); got != album.PlanApproved {
			t.Errorf("the plan of %s is %s", first, got)
		}
	}
	if eval[bool](b, `document.querySelector("button[value=approve-next]") !== null`) {
		t.Error("the last leads on to another")
	}
	b.do(chromedp.Click("button[value=approve]"))
	b.wait(`document.querySelector(".notice") !== null && document.querySelector(".stamp").textContent === "approved"`)
	if waiting := cards(b, home+"/?plan=proposed"); waiting != 0 {
		t.Errorf("%d plans wait still", waiting)
	}
	b.atEase(home)
}

// cards returns how many actors an overview shows.
func cards(b *browser, address string) int {
	b.open(address)
	return eval[int](b, `document.querySelectorAll(".cards > li").length`)
}

func planOf(t *testing.T, s store.Store, n actor.Name) album.Plan {
	t.Helper()
	book, err := ledger.Load(t.Context(), s, n)
	if err != nil {
		t.Fatal(err)
	}
	latest, _ := book.Latest()
	return album.PlanOf(latest)
}

// Overruling an image moves nothing, and what has been done is said beside the image.
func TestOverrulingLeavesTheSheetInPlace(t *testing.T) {
	b := browse(t)
	home, _ := serve(t, nil)
	for _, width := range []int64{1280, 380} {
		b.do(chromedp.EmulateViewport(width, 700))
		b.open(home + "/actors/" + drawnActor)
		b.showAll()
		places := `JSON.stringify([...document.querySelectorAll(".frame")].map(f => [f.offsetLeft, f.offsetTop, f.offsetHeight]))`
		before := eval[string](b, places)
		for _, n := range []string{"1", "3", "2"} {
			b.do(chromedp.Click(".frame:nth-child(" + n + ") .decide summary"))
		}
		if after := eval[string](b, places); after != before {
			t.Errorf("at %d px the frames move", width)
		}
		if open := eval[int](b, `document.querySelectorAll(".decide[open]").length`); open != 1 {
			t.Errorf("at %d px %d boxes are open", width, open)
		}
		box := `document.querySelector(".decide[open] form")`
		if rows := eval[int](b, `new Set([...`+box+`.querySelectorAll("button:not([hidden])")].map(x => x.offsetTop)).size`); width > 1000 && rows != 1 {
			t.Errorf("the buttons take %d rows", rows)
		}
		if over := eval[int](b, `document.documentElement.scrollWidth - innerWidth`); over > 0 {
			t.Errorf("at %d px the page scrolls sideways", width)
		}
		b.shoot(fmt.Sprint("overrule-", width))
		b.do(chromedp.Click(".decide[open] button[value=keep]"))
		b.wait(`document.querySelector(".notice") !== null && document.querySelector("li:target") !== null && scrollY > 0`)
		if !eval[bool](b, `document.querySelector(".notice").getBoundingClientRect().bottom <= document.querySelector("li:target").getBoundingClientRect().top`) {
			t.Errorf("at %d px the notice covers the image", width)
		}
	}
	b.atEase(home)
}

// On paper there is dark ink on a light ground, whatever the screen has, and nothing
// to press.
func TestPagesPrintAsPaper(t *testing.T) {
	b := browse(t)
	home, _ := serve(t, nil)
	b.open(home + "/actors/" + unbalancedActor)
	for _, theme := range []string{"auto", "dark"} {
		eval[chromedp.Void](b, `document.documentElement.dataset.theme = "`+theme+`"`)
		command(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Media: "print", Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}},
		})
		if ink := eval[string](b, `getComputedStyle(document.body).color`); ink != "rgb(29, 27, 23)" {
			t.Errorf("%s: the ink is %s", theme, ink)
		}
		if eval[bool](b, `[...document.querySelectorAll("summary, button, nav a")].some(e => e.checkVisibility())`) {
			t.Errorf("%s: something can be pressed", theme)
		}
	}
	b.atEase(home)
}
