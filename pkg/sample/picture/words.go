package picture

import "strings"

var (
	cutWords     = [...]string{"cropped hair", "parted hair", "a bob", "long straight hair", "hair in a bun", "curly hair", "a shaved head"}
	garmentWords = [...]string{"shirt", "open jacket over a light top", "sweater", "long coat over a light top", "dress"}
	weaveWords   = [...]string{"plain", "checked", "striped", "knitted"}
)

// Face describes the person's head in words, as a prompt would.
func (p Person) Face() string {
	words := []string{cutWords[p.cut]}
	if p.beard {
		words = append(words, "a short beard")
	}
	if p.glasses {
		words = append(words, "round glasses")
	}
	return strings.Join(words, ", ")
}

// Outfit describes the person's clothes in words.
func (p Person) Outfit() string {
	if p.garment == jacket || p.garment == coat {
		return "A plain " + garmentWords[p.garment] + ", dark trousers"
	}
	return "A " + weaveWords[p.weave] + " " + garmentWords[p.garment] + ", dark shoes"
}
