package metric

import (
	"context"
	"errors"
	"net/http"

	"screentest/pkg/store"
)

// transport measures a model.
type transport struct {
	base http.RoundTripper
	log  *Log
}

// Transport passes requests to the model on to base, and writes how long each
// answer took and whether it was that there are too many requests.
func Transport(base http.RoundTripper, l *Log) http.RoundTripper { return transport{base, l} }

// RoundTrip implements http.RoundTripper.
func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	start := t.log.now()
	response, err := t.base.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	values := Values{ModelLatency: float64(t.log.now().Sub(start).Milliseconds())}
	if response.StatusCode == http.StatusTooManyRequests {
		values[ModelThrottled] = 1
	}
	t.log.Write(values, nil)
	return response, nil
}

// watched counts the races that were lost.
type watched struct {
	store.Store
	log *Log
}

// Store passes everything on to s, and writes where a conditional write met
// another state than it wanted.
func Store(s store.Store, l *Log) store.Store { return watched{s, l} }

// Put implements store.Store.
func (w watched) Put(ctx context.Context, k store.Key, body []byte, c store.Condition) (store.Version, error) {
	v, err := w.Store.Put(ctx, k, body, c)
	w.note(k, err)
	return v, err
}

// Copy implements store.Store.
func (w watched) Copy(ctx context.Context, src store.Key, v store.Version, dst store.Key) (store.Version, error) {
	v, err := w.Store.Copy(ctx, src, v, dst)
	w.note(dst, err)
	return v, err
}

// Delete implements store.Store.
func (w watched) Delete(ctx context.Context, k store.Key, v store.Version) error {
	err := w.Store.Delete(ctx, k, v)
	w.note(k, err)
	return err
}

func (w watched) note(k store.Key, err error) {
	if errors.Is(err, store.ErrConflict) {
		w.log.Write(Values{Conflicts: 1}, map[string]any{"key": k})
	}
}
