package cost

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// ErrBudget says that the next request could cost more than is left.
var ErrBudget = errors.New("cost limit reached")

// A Budget is the dollars one run may spend, shared by its workers. The most a
// request can cost is reserved before it is sent, and what it did cost is booked
// when it is answered, so that the limit holds however many are under way.
type Budget struct {
	mu       sync.Mutex
	limit    float64
	spent    float64
	reserved float64
	open     int           // reservations not yet booked
	booked   chan struct{} // closed at the next booking
}

// NewBudget returns a budget of limit dollars; a negative limit means none, and
// one that is no number allows nothing.
func NewBudget(limit float64) *Budget {
	return &Budget{limit: limit, booked: make(chan struct{})}
}

// Reserve sets usd aside, or fails with ErrBudget and changes nothing. Where the
// answers under way may leave enough, since requests cost less than the most
// they can, it waits for them as long as ctx lasts. The caller calls book when it
// knows the true cost, 0 if nothing was billed; of several calls the first counts.
func (b *Budget) Reserve(ctx context.Context, usd float64) (book func(actual float64), err error) {
	for {
		book, booked, err := b.tryReserve(usd)
		if booked == nil {
			return book, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-booked:
		}
	}
}

// tryReserve returns what to wait for if it depends on answers under way.
func (b *Budget) tryReserve(usd float64) (book func(actual float64), booked <-chan struct{}, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.limit < 0 || usd >= 0 && b.fits(b.reserved+usd):
	case b.open > 0 && usd >= 0 && b.fits(usd):
		return nil, b.booked, nil
	default:
		return nil, nil, fmt.Errorf("%w: $%.4f of $%.4f spent, the next request may cost $%.4f", ErrBudget, b.spent, b.limit, usd)
	}
	b.reserved += usd
	b.open++
	var once sync.Once
	return func(actual float64) { once.Do(func() { b.book(usd, actual) }) }, nil, nil
}

// fits is written so that a cost that is no number never does.
func (b *Budget) fits(usd float64) bool { return b.spent+usd <= b.limit }

func (b *Budget) book(reserved, actual float64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.spent += actual
	b.reserved -= reserved
	b.open--
	if b.open == 0 {
		b.reserved = 0 // sums of fractions do not cancel out to zero by themselves
	}
	close(b.booked)
	b.booked = make(chan struct{})
}

// Spent returns the dollars booked so far.
func (b *Budget) Spent() float64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.spent
}
