package settings

import (
	"regexp"
	"slices"
	"time"
)

// Generation says who generates, how, and at what price. Only USDPerImage decides
// what is planned, and with that what an evaluation says. The other fields are
// kept out of JSON, by which evaluation.Basis tells settings apart: changing them
// leaves every evaluation valid.
type Generation struct {
	Name           string        `yaml:"name" json:"-"` // "openai" or "offline"
	Model          string        `yaml:"model" json:"-"`
	BaseURL        string        `yaml:"base_url" json:"-"`          // of a compatible server that edits images; "" for OpenAI's own, whoever judges
	Size           string        `yaml:"size" json:"-"`              // width and height, such as "1024x1024", or "auto"
	Quality        string        `yaml:"quality" json:"-"`           // "low", "medium", "high" or "auto"
	Format         string        `yaml:"format" json:"-"`            // "png" or "jpeg"
	Timeout        time.Duration `yaml:"timeout" json:"-"`           // of one order
	Tries          int           `yaml:"tries" json:"-"`             // pictures made for one missing image, and orders without an answer, before it is given up
	USDPerImage    float64       `yaml:"usd_per_image"`              // expected price of one image, for plan.limits.usd and estimates
	MaxUSDPerImage float64       `yaml:"max_usd_per_image" json:"-"` // the most one order can cost; 0: reckoned, which is possible for gpt-image-2
	Price          PicturePrice  `yaml:"price" json:"-"`             // of the model
}

// A PicturePrice is what an image model costs, in dollars per million tokens.
type PicturePrice struct {
	Text   float64 `yaml:"text"`   // the prompt
	Image  float64 `yaml:"image"`  // the base image
	Output float64 `yaml:"output"` // the picture
}

// Generators returns the names that Generation.Name may have.
func Generators() []string { return []string{"openai", "offline"} }

// defaultGeneration has the prices published in November 2026.
func defaultGeneration() Generation {
	return Generation{
		Name: "openai", Model: "gpt-image-2", Size: "1024x1024", Quality: "medium", Format: "png",
		Timeout: 3 * time.Minute, Tries: 3, USDPerImage: 0.06, Price: PicturePrice{Text: 5, Image: 8, Output: 30},
	}
}

var pictureSize = regexp.MustCompile(`^(auto|[1-9]\d{1,3}x[1-9]\d{1,3})$`)

func (g Generation) validate(require func(ok bool, format string, args ...any)) {
	one := func(name, value string, of ...string) {
		require(slices.Contains(of, value), "generation.%s: %q is not one of %v", name, value, of)
	}
	one("name", g.Name, Generators()...)
	one("quality", g.Quality, "low", "medium", "high", "auto")
	one("format", g.Format, "png", "jpeg")
	require(g.Model != "", "generation.model: no model is named")
	require(pictureSize.MatchString(g.Size), "generation.size: %q is neither auto nor width and height, such as 1024x1024", g.Size)
	require(g.Timeout > 0, "generation.timeout: %s is not positive", g.Timeout)
	require(g.Tries >= 1 && g.Tries <= 20, "generation.tries: %d is not between 1 and 20", g.Tries)
	require(g.USDPerImage >= 0, "generation.usd_per_image: %g is negative", g.USDPerImage)
	require(g.MaxUSDPerImage >= 0, "generation.max_usd_per_image: %g is negative", g.MaxUSDPerImage)
	require(min(g.Price.Text, g.Price.Image, g.Price.Output) >= 0, "generation.price: a price is negative: %+v", g.Price)
}
