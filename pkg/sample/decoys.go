package sample

import "screentest/pkg/sample/picture"

// strangerName is an actor directory that no roster entry names.
const strangerName = "0099_visiting_30_male"

// A decoy is something in the tree that must not be counted.
type decoy struct {
	Path string `json:"path"`
	Why  string `json:"why"`
}

// decoys writes files that look like training images to a careless eye. They go
// to actors with images and without.
func (w *writer) decoys() error {
	a, b, c := w.cast[0], w.cast[2], w.cast[4] // b and c have no images
	small, err := encodeJPEG(picture.Render(a.person, picture.Shot{Width: 128, Height: 96, Style: picture.Photo, Place: picture.Park, Framing: picture.Bust}), 80)
	if err != nil {
		return err
	}
	files := []struct {
		path, why string
		body      []byte
	}{
		{a.training("request.png"), "name holds 'request'", small},
		{a.training("response_1.jpg"), "name holds 'response'", small},
		{a.training(a.name + "_metadata_preview.png"), "name holds 'metadata'", small},
		{a.training("notes.txt"), "no counted extension", []byte("Second session: softer light, please.\n")},
		{a.training("thumbs.webp"), "no counted extension", small},
		{a.training(a.name + "_3.jpg.tmp"), "no counted extension", small[:len(small)/2]},
		{a.training("old/" + a.name + "_0.jpg"), "not directly in training_data", small},
		{a.training(a.name + "_98.png/keep.txt"), "a directory named like an image", []byte("kept\n")},
		{a.dir() + "/" + a.name + "_0.jpg", "beside training_data, not in it", small},
		{b.training("x.png/keep.txt"), "a directory named like an image, alone", []byte("kept\n")},
		{c.training("request.png"), "roster actor with decoys only", small},
		{c.training("response.json"), "roster actor with decoys only", []byte("{\"output\": {\"output\": {\"s3_image_urls\": []}}}\n")},
		{"actors/stray.jpg", "no actor directory", small},
		{"actors/" + strangerName + "/training_data/" + strangerName + "_0.jpg", "actor not in the roster", small},
		{"actors/" + strangerName + "/training_data/" + strangerName + "_1.JPG", "actor not in the roster", small},
	}
	for _, f := range files {
		if err := w.file(f.path, f.body); err != nil {
			return err
		}
		w.truth.Decoys = append(w.truth.Decoys, decoy{f.path, f.why})
	}
	return nil
}
