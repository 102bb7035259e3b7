package inspect_test

import (
	"crypto/sha256"
	"encoding/hex"
	"image"
	"slices"
	"testing"

	"screentest/pkg/inspect"
)

func printOf(t *testing.T, data []byte) inspect.Print {
	t.Helper()
	sum := sha256.Sum256(data)
	return inspect.Print{SHA256: hex.EncodeToString(sum[:]), Checks: mustInspect(t, data)}
}

func TestCopies(t *testing.T) {
	photo := scene(1, 800, 600)
	original := asPNG(t, photo)
	tests := []struct {
		name, kind string
		other      []byte
	}{
		{"the same bytes", inspect.Exact, original},
		{"encoded again", inspect.Near, asJPEG(t, photo, 55)},
		{"cropped", inspect.Near, asPNG(t, photo.SubImage(image.Rect(4, 1, 797, 598)))},
		{"mirrored", inspect.Mirrored, asPNG(t, mirror(photo))},
		{"mirrored and encoded again", inspect.Mirrored, asJPEG(t, mirror(photo), 60)},
		{"another picture", "", asPNG(t, scene(2, 800, 600))},
		{"in grey", "", asPNG(t, greyed(photo))},
		{"much darker", "", asPNG(t, each(photo, func(v uint8) uint8 { return v / 2 }))},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			found := slices.Collect(inspect.Copies([]inspect.Print{printOf(t, original), printOf(t, test.other)}))
			switch {
			case test.kind == "" && len(found) > 0:
				t.Errorf("got %+v, want none", found)
			case test.kind == "":
			case len(found) != 1 || found[0].A != 0 || found[0].B != 1 || found[0].Kind != test.kind:
				t.Errorf("got %+v, want %s", found, test.kind)
			case found[0].Distance < 0 || found[0].Distance > 1:
				t.Errorf("distance %f", found[0].Distance)
			}
		})
	}
}

func greyed(img *image.RGBA) image.Image {
	out := image.NewGray(img.Rect)
	for y := range img.Rect.Dy() {
		for x := range img.Rect.Dx() {
			out.Set(x, y, img.At(x, y))
		}
	}
	return out
}

func TestCopiesLeavesOutWhatWasNotInspected(t *testing.T) {
	empty := inspect.Print{SHA256: "e3b0"}
	strange := inspect.Print{SHA256: "e3b0", Checks: inspect.Checks{Print: "not ours"}}
	if found := slices.Collect(inspect.Copies([]inspect.Print{empty, empty, strange, strange})); found != nil {
		t.Errorf("got %+v", found)
	}
}

func TestCopyOfNamesTheFirst(t *testing.T) {
	p, other := printOf(t, asPNG(t, scene(1, 300, 200))), printOf(t, asPNG(t, scene(2, 300, 200)))
	again := printOf(t, asJPEG(t, scene(1, 300, 200), 80))
	if at, ok := inspect.CopyOf(again, []inspect.Print{{SHA256: again.SHA256}, other, p, again}); !ok || at != 2 {
		t.Errorf("%d, %t", at, ok)
	}
	if at, ok := inspect.CopyOf(other, []inspect.Print{p, again}); ok {
		t.Errorf("%d, %t", at, ok)
	}
}

func TestCopiesNamesEveryPair(t *testing.T) {
	p := printOf(t, asPNG(t, scene(1, 300, 200)))
	other := printOf(t, asPNG(t, scene(2, 300, 200)))
	found := slices.Collect(inspect.Copies([]inspect.Print{p, other, p, p}))
	want := [][2]int{{0, 2}, {0, 3}, {2, 3}}
	if len(found) != len(want) {
		t.Fatalf("got %+v", found)
	}
	for i, m := range found {
		if m.A != want[i][0] || m.B != want[i][1] || m.Kind != inspect.Exact || m.Distance != 0 {
			t.Errorf("match %d is %+v, want %v", i, m, want[i])
		}
	}
}
