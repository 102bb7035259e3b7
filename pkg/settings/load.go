package settings

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/goccy/go-yaml"

	"screentest/pkg/store"
)

// File is where the settings lie in the tree.
const File store.Key = "screentest.yaml"

const maxFile = 1 << 20

// Load returns the defaults overlaid with the file, and the names of the
// settings that the file decides, in dotted form ("target.bw_stylized"). An
// absent or empty file decides nothing; an unknown name in it is an error. The
// result is not validated, since flags may still change it.
func Load(ctx context.Context, s store.Store) (Settings, map[string]bool, error) {
	set := Default()
	text, _, err := store.ReadAll(ctx, s, File, maxFile)
	if errors.Is(err, store.ErrNotFound) {
		return set, nil, nil
	}
	if err != nil {
		return Settings{}, nil, err
	}
	var decided map[string]any
	if err := yaml.Unmarshal(text, &decided); err != nil {
		return Settings{}, nil, fmt.Errorf("settings in %s: %w", File, err)
	}
	if len(decided) == 0 {
		return set, nil, nil
	}
	prices := set.Prices
	if err := yaml.UnmarshalWithOptions(text, &set, yaml.Strict()); err != nil {
		return Settings{}, nil, fmt.Errorf("settings in %s: %w", File, err)
	}
	maps.Copy(prices, set.Prices)
	set.Prices = prices
	names := map[string]bool{}
	for name := range flatten("", decided) {
		names[name] = true
	}
	if err := set.sameNumbers(flatten("", decided)); err != nil {
		return Settings{}, nil, fmt.Errorf("settings in %s: %w", File, err)
	}
	return set, names, nil
}

// sameNumbers refuses what the decoder would cut off: 1.5 images.
func (s Settings) sameNumbers(decided map[string]any) error {
	values, err := s.Values()
	if err != nil {
		return err
	}
	for _, v := range values {
		fraction, ok := decided[v.Name].(float64)
		if _, whole := v.Value.(uint64); ok && whole && fraction != math.Trunc(fraction) {
			return fmt.Errorf("%s: %g is not a whole number", v.Name, fraction)
		}
	}
	return nil
}

// A Value is one setting by its dotted name.
type Value struct {
	Name  string `json:"name"`
	Value any    `json:"value"`
}

// Values returns every setting of s in the order of their names.
func (s Settings) Values() ([]Value, error) {
	text, err := yaml.Marshal(s)
	if err != nil {
		return nil, err
	}
	var tree map[string]any
	if err := yaml.Unmarshal(text, &tree); err != nil {
		return nil, err
	}
	flat := flatten("", tree)
	var values []Value
	for _, name := range slices.Sorted(maps.Keys(flat)) {
		values = append(values, Value{Name: name, Value: flat[name]})
	}
	return values, nil
}

func flatten(prefix string, tree map[string]any) map[string]any {
	flat := map[string]any{}
	for name, value := range tree {
		if branch, ok := value.(map[string]any); ok {
			maps.Copy(flat, flatten(prefix+name+".", branch))
			continue
		}
		flat[prefix+name] = value
	}
	return flat
}
