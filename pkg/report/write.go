package report

import (
	"context"
	"errors"
	"sync"

	"screentest/pkg/actor"
	"screentest/pkg/evaluation"
	"screentest/pkg/inspect"
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

// thumbnails writes those of the base image and of every image of e. The same
// content is written once.
func (w *writer) thumbnails(ctx context.Context, e evaluation.Evaluation) error {
	name := actor.Name(e.Actor)
	w.count(e)
	if e.Base != nil && e.Base.SHA256 != "" {
		if err := w.thumbnail(ctx, actor.BaseKey(name, e.Base.File), e.Base.SHA256); err != nil {
			return err
		}
	}
	for _, image := range e.Images {
		if image.SHA256 == "" || image.Judged == evaluation.Broken {
			continue
		}
		if err := w.thumbnail(ctx, actor.TrainingKey(name, image.File), image.SHA256); err != nil {
			return err
		}
	}
	return nil
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
	made bool  // there is one
	err  error // why the report cannot go on
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
func (w *writer) thumbnail(ctx context.Context, k store.Key, sum string) error {
	one := w.shot(sum)
	one.once.Do(func() { one.made, one.err = w.shoot(ctx, k, sum) })
	return one.err
}

func (w *writer) shoot(ctx context.Context, k store.Key, sum string) (bool, error) {
	small, err := w.maker.Get(ctx, k, sum)
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	if err != nil {
		w.unshown(k, err)
		return false, nil
	}
	w.mu.Lock()
	w.result.Thumbnails++
	w.mu.Unlock()
	return true, w.write("thumbnails/"+sum+".jpg", small)
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
