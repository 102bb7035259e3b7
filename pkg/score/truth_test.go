package score_test

import (
	"reflect"
	"strings"
	"testing"

	"screentest/pkg/score"
	"screentest/pkg/verdict"
)

func TestReadTruth(t *testing.T) {
	truth, err := score.ReadTruth(strings.NewReader(`{"seed": 1, "images": [
		{"actor": "a", "file": "1.png", "type": "photorealistic", "style": "photo", "defects": [], "decodable": true},
		{"actor": "a", "file": "2.png", "type": "bw_stylized", "defects": ["blur", "tiny", "dark", "bright"]},
		{"actor": "a", "file": "3.png", "type": "", "defects": ["broken:zero_bytes"], "decodable": false},
		{"actor": "a", "file": "4.png", "type": "color_stylized", "defects": ["broken:png16"], "decodable": true},
		{"actor": "a", "file": "5.png", "type": "photorealistic", "defects": ["exact_duplicate_of:1.png"]},
		{"actor": "a", "file": "6.png", "type": "photorealistic", "defects": ["near_duplicate_of:odd:name.png"]},
		{"actor": "b", "file": "1.png", "type": "photorealistic", "defects": ["mirrored_of:2.png", "dark"]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	want := []score.Label{
		{Actor: "a", File: "1.png", Style: verdict.Photorealistic},
		{Actor: "a", File: "2.png", Style: verdict.BWStylized,
			Issues: []verdict.Issue{verdict.Blurred, verdict.TooSmall, verdict.TooDark, verdict.TooBright}},
		{Actor: "a", File: "3.png", Issues: []verdict.Issue{verdict.Broken}},
		{Actor: "a", File: "4.png", Style: verdict.ColorStylized},
		{Actor: "a", File: "5.png", Style: verdict.Photorealistic, CopyOf: []score.Copy{{Kind: score.Exact, File: "1.png"}}},
		{Actor: "a", File: "6.png", Style: verdict.Photorealistic, CopyOf: []score.Copy{{Kind: score.Near, File: "odd:name.png"}}},
		{Actor: "b", File: "1.png", Style: verdict.Photorealistic, Issues: []verdict.Issue{verdict.TooDark},
			CopyOf: []score.Copy{{Kind: score.Mirrored, File: "2.png"}}},
	}
	for i, l := range truth.Images {
		if !reflect.DeepEqual(l, want[i]) {
			t.Errorf("label %d is %+v, want %+v", i+1, l, want[i])
		}
	}
	if len(truth.Images) != len(want) {
		t.Errorf("%d labels, want %d", len(truth.Images), len(want))
	}
}

func TestReadTruthRefuses(t *testing.T) {
	image := func(rest string) string {
		return `{"images":[{"actor":"a","file":"1.png","type":"photorealistic"},{` + rest + `}]}`
	}
	for _, tt := range []struct{ name, in, want string }{
		{"nothing", ``, "read labels: unexpected end"},
		{"no JSON", `images: 3`, "read labels: invalid character"},
		{"cut off", `{"images":[{"actor":"a"`, "unexpected end"},
		{"something behind it", `{"images":[]} {}`, "after top-level value"},
		{"no list", `{"image":[]}`, `no list "images"`},
		{"null", `null`, `no list "images"`},
		{"of the wrong type", `{"images":{}}`, "cannot unmarshal"},
		{"no actor", image(`"file":"2.png","type":"bw_stylized"`), "label 2 (/2.png): actor and file"},
		{"no file", image(`"actor":"a","type":"bw_stylized"`), "label 2 (a/): actor and file"},
		{"labelled twice", image(`"actor":"a","file":"1.png","type":"bw_stylized"`), "label 2 (a/1.png): the image is labelled twice"},
		{"another style", image(`"actor":"a","file":"2.png","type":"oil"`), `type "oil" is none of [photorealistic`},
		{"no style", image(`"actor":"a","file":"2.png"`), `type "" is none of`},
		{"unknown defect", image(`"actor":"a","file":"2.png","type":"bw_stylized","defects":["ugly"]`), `unknown defect "ugly": known are blur,`},
		{"copy of nothing", image(`"actor":"a","file":"2.png","type":"bw_stylized","defects":["mirrored_of"]`), `must name another file, not ""`},
		{"copy of itself", image(`"actor":"a","file":"2.png","type":"bw_stylized","defects":["near_duplicate_of:2.png"]`), `must name another file, not "2.png"`},
		{"huge", `{"images":[]}` + strings.Repeat(" ", 64<<20), "more than 64 MiB"},
	} {
		_, err := score.ReadTruth(strings.NewReader(tt.in))
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error is %v, want %q", tt.name, err, tt.want)
		}
	}
}

// Whatever is read can be compared with.
func FuzzReadTruth(f *testing.F) {
	f.Add(`{"images":[{"actor":"a","file":"1.png","type":"photorealistic","defects":["blur"],"decodable":true}]}`)
	f.Add(`{"images":[{"actor":"a","file":"1.png","type":"","defects":["broken:text_as_png"],"decodable":false}]}`)
	f.Add(`{"images":[{"actor":"a","file":"1","type":"bw_stylized","defects":["mirrored_of:2"]},
		{"actor":"a","file":"2","type":"bw_stylized","defects":["mirrored_of:1"]}]}`)
	f.Fuzz(func(t *testing.T, in string) {
		truth, err := score.ReadTruth(strings.NewReader(in))
		if err != nil {
			return
		}
		got := perfect(truth)
		r := score.Compare(truth, got, nil)
		if r.Images != len(truth.Images) || r.Styles.Right != r.Styles.Images || r.Sound.Condemned != 0 {
			t.Errorf("a perfect judge scores %+v", r)
		}
		for _, h := range r.Issues {
			if h.FP+h.FN > 0 {
				t.Errorf("a perfect judge scores %+v", h)
			}
		}
	})
}

// perfect judges as the labels say.
func perfect(truth score.Truth) (got []score.Judged) {
	for _, l := range truth.Images {
		j := score.Judged{Actor: l.Actor, File: l.File, Style: l.Style, Issues: l.Issues, Condemned: !l.Sound(), Keep: l.Sound()}
		for _, c := range l.CopyOf {
			j.DuplicateOf = c.File
		}
		got = append(got, j)
	}
	return got
}
