package thumbnail_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"sync"
	"testing"

	"screentest/pkg/actor"
	"screentest/pkg/inspect"
	"screentest/pkg/settings"
	"screentest/pkg/store"
	"screentest/pkg/store/mem"
	"screentest/pkg/store/storetest"
	"screentest/pkg/thumbnail"
)

const key store.Key = "actors/ada/training_data/a.png"

// picture returns a PNG of 1200 × 600 pixels and its hash.
func picture(t testing.TB) ([]byte, string) {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, 1200, 600))
	for y := range 600 {
		for x := range 1200 {
			m.SetRGBA(x, y, color.RGBA{uint8(x), uint8(y), uint8(x * y), 255})
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(b.Bytes())
	return b.Bytes(), hex.EncodeToString(sum[:])
}

func put(t testing.TB, s store.Store, k store.Key, body []byte) {
	t.Helper()
	if _, err := s.Put(t.Context(), k, body, store.IfAbsent); err != nil {
		t.Fatal(err)
	}
}

func newMaker(s store.Store) *thumbnail.Maker { return thumbnail.New(s, settings.Default().Images) }

func TestAThumbnailIsMadeOnceAndByContent(t *testing.T) {
	data, sum := picture(t)
	s := mem.New()
	put(t, s, key, data)
	first, err := newMaker(s).Get(t.Context(), key, sum)
	if err != nil {
		t.Fatal(err)
	}
	c, err := jpeg.DecodeConfig(bytes.NewReader(first))
	if err != nil || c.Width != thumbnail.Side || c.Height != thumbnail.Side/2 {
		t.Errorf("%+v, %v", c, err)
	}
	counted := storetest.NewFaulty(s)
	again, err := newMaker(counted).Get(t.Context(), "actors/ada/training_data/renamed.png", sum)
	if err != nil || !bytes.Equal(again, first) || len(counted.Ops()) != 1 {
		t.Errorf("%v, operations %v", err, counted.Ops())
	}
}

func TestADamagedThumbnailIsMadeAgain(t *testing.T) {
	data, sum := picture(t)
	good := mem.New()
	put(t, good, key, data)
	want, err := newMaker(good).Get(t.Context(), key, sum)
	if err != nil {
		t.Fatal(err)
	}
	for name, damaged := range map[string][]byte{
		"empty": {}, "text": []byte("x"), "cut off": want[:len(want)/2], "huge": bytes.Repeat([]byte{1}, 2<<20), "not reduced": data,
	} {
		s := mem.New()
		put(t, s, key, data)
		put(t, s, actor.ThumbnailKey(sum), damaged)
		if got, err := newMaker(s).Get(t.Context(), key, sum); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
		if kept, _, _ := store.ReadAll(t.Context(), s, actor.ThumbnailKey(sum), 1<<20); name != "huge" && !bytes.Equal(kept, want) {
			t.Errorf("%s: it stays", name)
		}
	}
}

func TestAnotherContentHasNoThumbnail(t *testing.T) {
	data, _ := picture(t)
	_, other := picture(t)
	s := mem.New()
	put(t, s, key, append(data, 0))
	if _, err := newMaker(s).Get(t.Context(), key, other); !errors.Is(err, store.ErrConflict) {
		t.Errorf("error %v", err)
	}
	if _, err := s.Get(t.Context(), actor.ThumbnailKey(other)); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("it was kept: %v", err)
	}
}

func TestABrokenImageHasNoThumbnail(t *testing.T) {
	s := mem.New()
	put(t, s, key, []byte("text"))
	sum := sha256.Sum256([]byte("text"))
	var broken *inspect.BrokenError
	if _, err := newMaker(s).Get(t.Context(), key, hex.EncodeToString(sum[:])); !errors.As(err, &broken) {
		t.Errorf("error %v", err)
	}
}

func TestAThumbnailThatCannotBeKeptIsShown(t *testing.T) {
	data, sum := picture(t)
	s := mem.New()
	put(t, s, key, data)
	faulty := storetest.NewFaulty(s)
	faulty.FailAt(2, storetest.Refused)
	if got, err := newMaker(faulty).Get(t.Context(), key, sum); err != nil || len(got) == 0 {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}

func TestManyAtOnce(t *testing.T) {
	data, sum := picture(t)
	s := mem.New()
	put(t, s, key, data)
	m := newMaker(s)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			if _, err := m.Get(t.Context(), key, sum); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
}

// Making a thumbnail beside decoding alone: the rest should hardly count.
func BenchmarkThumbnail(b *testing.B) {
	data, sum := picture(b)
	b.Run("decode", func(b *testing.B) {
		for b.Loop() {
			if _, err := png.Decode(bytes.NewReader(data)); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("make", func(b *testing.B) {
		for b.Loop() {
			s := mem.New()
			put(b, s, key, data)
			if _, err := newMaker(s).Get(b.Context(), key, sum); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func TestOneOfTheFormerSizeIsMadeAgain(t *testing.T) {
	data, sum := picture(t)
	s := mem.New()
	put(t, s, key, data)
	var small bytes.Buffer
	if err := jpeg.Encode(&small, image.NewGray(image.Rect(0, 0, 256, 128)), nil); err != nil {
		t.Fatal(err)
	}
	put(t, s, actor.ThumbnailKey(sum), small.Bytes())
	got, err := newMaker(s).Get(t.Context(), key, sum)
	if err != nil || bytes.Equal(got, small.Bytes()) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}
