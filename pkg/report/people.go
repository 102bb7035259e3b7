package report

import (
	"context"
	"slices"

	"screentest/pkg/decision"
	"screentest/pkg/page"
	"screentest/pkg/trash"
)

// people adds to a sheet what people decided and what lies in the trash, newest
// first. A document that cannot be read is said on the sheet.
func (w *writer) people(ctx context.Context, sheet *page.Sheet) error {
	name := sheet.Member.Name
	var err error
	if sheet.Decisions, err = decision.History(ctx, w.Store, name); err != nil {
		sheet.Undecided = true
		sheet.Problems = append(sheet.Problems, err.Error())
	}
	receipts, _, err := trash.List(ctx, w.Store, name)
	if err != nil {
		sheet.Problems = append(sheet.Problems, err.Error())
	}
	for _, r := range slices.Backward(receipts) {
		one, err := w.thumbnail(ctx, r.ImageKey(), r.SHA256)
		if err != nil {
			return err
		}
		trashed := page.NewTrashed(sheet.Site, name, r)
		if !one.made {
			trashed.Thumb, trashed.None = "", one.why
		}
		sheet.Trash = append(sheet.Trash, trashed)
	}
	return ctx.Err()
}
