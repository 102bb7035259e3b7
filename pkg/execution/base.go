package execution

import (
	"context"
	"errors"
	"fmt"

	"screentest/pkg/actor"
	"screentest/pkg/inspect"
	"screentest/pkg/store"
)

// ErrNoBase says that an actor has no base image that can be used. Nothing was
// ordered, and will be before somebody puts one there.
var ErrNoBase = errors.New("there is no base image to generate from")

// readBase reads the base image once; without a usable one nothing is ordered.
func (p *performance) readBase(ctx context.Context) error {
	if p.base != nil {
		return nil
	}
	info, ok := p.standing.set.BaseImage()
	if !ok {
		return fmt.Errorf("%w: put a png or jpeg into %s", ErrNoBase, actor.BaseKey(p.actor.Name, ""))
	}
	data, _, err := store.ReadAll(ctx, p.Store, info.Key, p.Settings.Images.MaxBytes)
	if errors.Is(err, store.ErrTooLarge) {
		return fmt.Errorf("%w: base image %s: %w", ErrNoBase, info.Key, err)
	}
	if err != nil {
		return fmt.Errorf("base image: %w", err)
	}
	picture, err := inspect.Inspect(data, p.limits(), 0)
	if err != nil {
		return fmt.Errorf("%w: base image %s: %w", ErrNoBase, info.Key, err)
	}
	p.base, p.portrait = data, inspect.Print{SHA256: store.HashOf(data), Checks: picture.Checks}
	return nil
}
