package evaluator_test

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strings"
	"sync"
	"testing"
	"time"

	"screentest/pkg/actor"
	"screentest/pkg/evaluator"
	"screentest/pkg/judge/offline"
	"screentest/pkg/settings"
	"screentest/pkg/store/mem"
)

// giant is a picture that takes a few hundred kilobytes, and 134 MB when decoded.
func giant(t *testing.T) []byte {
	t.Helper()
	m := image.NewNRGBA64(image.Rect(0, 0, 4096, 4096))
	m.SetNRGBA64(0, 0, color.NRGBA64{A: 1})
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// peak calls do and returns how many bytes the heap had at most meanwhile, what was
// not collected yet included.
func peak(do func()) uint64 {
	debug.FreeOSMemory()
	done := make(chan struct{})
	var most uint64
	var watching sync.WaitGroup
	watching.Go(func() {
		sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		for {
			metrics.Read(sample)
			most = max(most, sample[0].Value.Uint64())
			select {
			case <-done:
				return
			case <-time.After(time.Millisecond):
			}
		}
	})
	do()
	close(done)
	watching.Wait()
	return most
}

// Pictures as large as the settings allow are decoded one at a time, however many
// actors and processors there are, and none waits for another to be collected.
func TestGiantsComeOneAtATime(t *testing.T) {
	if testing.Short() {
		t.Skip("decodes 67 megapixels")
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(2))
	s := mem.New()
	data := giant(t)
	names := []actor.Name{"a", "b"}
	for _, name := range names {
		for i := range 2 {
			put(t, s, actor.TrainingKey(name, fmt.Sprint(i, ".png")), data)
		}
	}
	e := evaluator.New(evaluator.Config{Store: s, Judge: offline.New(), Settings: settings.Default(), Holder: "test", Now: time.Now})
	most := peak(func() {
		var all sync.WaitGroup
		for _, name := range names {
			all.Go(func() {
				if _, err := e.Evaluate(t.Context(), actor.Actor{Name: name}); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
	})
	if most > 200<<20 {
		t.Errorf("%d MB at most, want one picture of 128 MB and little else", most>>20)
	}
}

// A picture that the process has no memory for is beyond its limits, and the actor
// is the only one that this concerns.
func TestAPictureBeyondTheMemoryIsNotDecoded(t *testing.T) {
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(math.MaxInt64))
	debug.SetMemoryLimit(190 << 20)
	s := mem.New()
	put(t, s, actor.TrainingKey("a", "giant.png"), giant(t))
	e := evaluator.New(evaluator.Config{Store: s, Judge: offline.New(), Settings: settings.Default(), Holder: "test", Now: time.Now})
	if _, err := e.Evaluate(t.Context(), actor.Actor{Name: "a"}); err == nil || !strings.Contains(err.Error(), "give it more memory") {
		t.Errorf("got %v", err)
	}
}
