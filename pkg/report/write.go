package report

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"

	"screentest/pkg/actor"
	"screentest/pkg/evaluation"
	"screentest/pkg/inspect"
	"screentest/pkg/page"
	"screentest/pkg/store"
	"screentest/pkg/thumbnail"
)

// writer is the making of one report.
type writer struct {
	Config
	maker *thumbnail.Maker
	rows  []Row

	mu     sync.Mutex
	done   int
	shots  map[string]*shot // by content
	result Result
}

func (w *writer) write(name string, content []byte) error {
	if err := w.Write(name, content); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.result.Bytes += int64(len(content))
	return nil
}

func (w *writer) seen(total int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.done++
	w.Seen(w.done, total)
}

// thumbnails writes those of the base image and of every image of e, and says of
// which there is none and why. The same content is written once.
func (w *writer) thumbnails(ctx context.Context, e evaluation.Evaluation) (missing map[store.Key]string, err error) {
	name := actor.Name(e.Actor)
	w.count(e)
	pictures := map[store.Key]string{}
	if e.Base != nil {
		pictures[actor.BaseKey(name, e.Base.File)] = e.Base.SHA256
	}
	for _, image := range e.Images {
		if image.Judged != evaluation.Broken {
			pictures[actor.TrainingKey(name, image.File)] = image.SHA256
		}
	}
	missing = map[store.Key]string{}
	for _, key := range slices.Sorted(maps.Keys(pictures)) {
		if pictures[key] == "" {
			continue
		}
		one, err := w.thumbnail(ctx, key, pictures[key])
		if err != nil {
			return nil, err
		}
		if !one.made {
			missing[key] = one.why
		}
	}
	return missing, nil
}

func (w *writer) count(e evaluation.Evaluation) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.result.Actors++
	w.result.Images += len(e.Images)
}

// A shot is the thumbnail of one content, which several actors may have.
type shot struct {
	once sync.Once
	made bool   // there is one
	why  string // there is none, in a few words
	err  error  // why the report cannot go on
}

func (w *writer) shot(sum string) *shot {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.shots[sum] == nil {
		w.shots[sum] = &shot{}
	}
	return w.shots[sum]
}

// thumbnail returns once there is a thumbnail of sum, or there will be none.
func (w *writer) thumbnail(ctx context.Context, k store.Key, sum string) (*shot, error) {
	one := w.shot(sum)
	one.once.Do(func() { one.err = w.shoot(ctx, k, sum, one) })
	return one, one.err
}

func (w *writer) shoot(ctx context.Context, k store.Key, sum string, one *shot) error {
	small, err := w.maker.Get(ctx, k, sum)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		one.why = page.WhyNoPicture(err)
		w.unshown(k, err)
		return nil
	}
	one.made = true
	w.mu.Lock()
	w.result.Thumbnails++
	w.mu.Unlock()
	return w.write("thumbnails/"+sum+".jpg", small)
}

// has reports whether there is a thumbnail of sum, which has been waited for.
func (w *writer) has(sum string) bool { return w.shot(sum).made }

func (w *writer) unshown(k store.Key, err error) {
	var broken *inspect.BrokenError
	if errors.As(err, &broken) {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.result.Unshown = append(w.result.Unshown, actor.Problem{Where: string(k), Reason: err.Error()})
}
