package web

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"

	"screentest/pkg/actor"
	"screentest/pkg/evaluation"
	"screentest/pkg/ledger"
	"screentest/pkg/page"
	"screentest/pkg/store"
	"screentest/pkg/trash"
)

// thumbnail answers with what is kept under the content, and looks for the image
// only where that has to be made.
func (s *Server) thumbnail(w http.ResponseWriter, r *http.Request) error {
	sum, ok := strings.CutSuffix(r.PathValue("file"), ".jpg")
	if !ok || actor.ThumbnailKey(sum).Validate() != nil {
		return errNoPage
	}
	small, err := s.maker.Kept(r.Context(), sum)
	if err != nil {
		return err
	}
	if small == nil {
		found, err := s.find(r.Context(), actor.Name(r.PathValue("name")), sum)
		if err != nil {
			return err
		}
		terms, err := s.terms(r.Context())
		if err != nil {
			return err
		}
		if small, err = s.maker.Within(terms.Settings.Images).Get(r.Context(), found.Key, sum); err != nil {
			return s.placeholder(w, r, err)
		}
	}
	return picture(w, "image/jpeg", bytes.NewReader(small))
}

// placeholder stands where a picture should: a browser shows a broken one
// otherwise, and nobody learns why. It is not kept, for the picture may come back.
func (s *Server) placeholder(w http.ResponseWriter, r *http.Request, err error) error {
	if r.Context().Err() != nil {
		return err
	}
	w.Header().Set("Content-Type", "image/svg+xml")
	fmt.Fprintf(w, `<svg xmlns="http://www.w3.org/2000/svg" width="256" height="256"><rect width="256" height="256" fill="#141310"/>`+
		`<text x="128" y="134" text-anchor="middle" font-family="sans-serif" font-size="21" fill="#b9b2a4">%s</text></svg>`, page.WhyNoPicture(err))
	return nil
}

func picture(w http.ResponseWriter, kind string, content io.Reader) error {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Cache-Control", "private, max-age=31536000, immutable")
	_, _ = io.Copy(w, content) // the reader has gone: nobody to tell
	return nil
}

// find returns the object of an actor that holds a content: by the receipts in the
// trash, then without a version, by the evaluation, which may still name what has
// gone there, or by the ledger, which names what came back.
func (s *Server) find(ctx context.Context, name actor.Name, sum string) (store.Info, error) {
	if err := name.Validate(); err != nil {
		return store.Info{}, fmt.Errorf("%w: %w", errNoPage, err)
	}
	e, _, err := evaluation.Load(ctx, s.Store, name)
	if err != nil {
		return store.Info{}, err
	}
	if e == nil { // trash and ledger know what they hold without one
		e = &evaluation.Evaluation{}
	}
	if e.Base != nil && e.Base.SHA256 == sum {
		return store.Info{Key: actor.BaseKey(name, e.Base.File), Version: e.Base.Version}, nil
	}
	receipts, _, err := trash.List(ctx, s.Store, name)
	for _, r := range receipts {
		if r.SHA256 == sum && err == nil {
			return store.Info{Key: r.ImageKey()}, nil
		}
	}
	for _, i := range e.Images {
		if i.SHA256 == sum && sum != "" {
			return store.Info{Key: actor.TrainingKey(name, i.File), Version: i.Version}, nil
		}
	}
	book, err := ledger.Load(ctx, s.Store, name)
	if err != nil {
		return store.Info{}, err
	}
	if back, ok := restored(book, func(l ledger.Line) bool { return l.SHA256 == sum }); ok {
		return store.Info{Key: actor.TrainingKey(name, back.File)}, nil
	}
	return store.Info{}, fmt.Errorf("%w: %s has no such image", errNoPage, name)
}

// image answers with an image as it lies in the tree, if it is still the one that
// was judged.
func (s *Server) image(w http.ResponseWriter, r *http.Request) error {
	found, err := s.find(r.Context(), actor.Name(r.PathValue("name")), r.PathValue("sha256"))
	if err != nil {
		return err
	}
	object, err := s.Store.Get(r.Context(), found.Key)
	if err != nil {
		return err
	}
	defer object.Body.Close()
	if found.Version != "" && object.Version != found.Version && !s.holds(r.Context(), object.Info, r.PathValue("sha256")) {
		return fmt.Errorf("%s: %w: evaluate the actor again", found.Key, store.ErrConflict)
	}
	head := make([]byte, 512)
	n, err := io.ReadFull(object.Body, head)
	if err != nil && err != io.ErrUnexpectedEOF && err != io.EOF {
		return err
	}
	kind := http.DetectContentType(head[:n])
	if kind != "image/png" && kind != "image/jpeg" {
		return fmt.Errorf("%w: %s is no picture that a browser shows", errNoPage, found.Key)
	}
	return picture(w, kind, io.MultiReader(bytes.NewReader(head[:n]), object.Body))
}
