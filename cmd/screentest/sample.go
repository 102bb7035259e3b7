package main

import (
	"github.com/spf13/cobra"

	"screentest/pkg/sample"
)

func (a *app) sampleCommand() *cobra.Command {
	var seed uint64
	cmd := &cobra.Command{
		Use:   "sample DIR",
		Short: "Make a small data tree to try the program on",
		Long: `Render a roster of 40 drawn actors, 24 of them with images in all three styles,
legacy metadata, duplicates, blurred and broken files, and truth.json with what
each image is. Nothing is downloaded; the same seed gives the same bytes. DIR
must be empty or not exist.`,
		Example: "  screentest sample ./sample-data\n  screentest --data ./sample-data evaluate --all --judge offline",
		Args:    arguments(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			m := newMeter(a.stderr, "rendering", "images")
			summary, err := sample.Write(cmd.Context(), args[0], sample.Options{Seed: seed, Progress: m.at})
			m.stop()
			if err != nil {
				return err
			}
			if a.json {
				return a.printJSON(summary)
			}
			a.printf("%s: %s, %d of them with %s, %.1f MB; the labels are in truth.json.\n",
				args[0], plural(summary.Roster, "actor"), summary.Actors, plural(summary.Images, "image"), float64(summary.Bytes)/1e6)
			return nil
		},
	}
	cmd.Flags().Uint64Var(&seed, "seed", 1, "another seed gives other pictures")
	return a.reports(cmd)
}
