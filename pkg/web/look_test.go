package web_test

import (
	"testing"

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
		eval[chromedp.Void](b, `for (const i of document.images) i.loading = "eager"`)
		b.wait(`[...document.images].every(i => i.complete && i.naturalWidth > 0)`)
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
