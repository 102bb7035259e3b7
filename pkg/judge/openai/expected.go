package openai

import "screentest/pkg/cost"

// What a verdict comes to as a rule, in tokens: the labels and a preview of the
// largest size, and the answer.
const (
	usualPicture = (previewSize/32*(previewSize/32)*6 + 4) / 5
	usualAnswer  = 110
)

// Expected returns what judging images in so many requests will use as a rule.
// Half of the rubric is reckoned to be cached after the first request, as
// providers cache the beginning of a question for some minutes. Second and third
// opinions on close calls, and retries, come on top; pictures that are not square
// take less.
func Expected(images, requests int, p cost.Price) cost.Usage {
	question := len(rubric)/4 + usualPicture // the base image is shown each time
	u := cost.Usage{
		Requests: requests, Images: images,
		InputTokens:  requests*question + images*(usualPicture+8),
		CachedTokens: max(0, requests-1) * len(rubric) / 8,
		OutputTokens: images * usualAnswer,
	}
	u.USD = p.USD(u)
	return u
}
