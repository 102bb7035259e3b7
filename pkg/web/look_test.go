package web_test

import (
	"testing"

	"github.com/chromedp/chromedp"
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
