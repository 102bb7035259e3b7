package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"screentest/pkg/migration"
)

func (a *app) migrateCommand() *cobra.Command {
	var dryRun bool
	cmd := &cobra.Command{
		Use:   "migrate",
		Short: "Bring the legacy metadata of every actor into its training manifest",
		Long: `Merge prompt_metadata.json, response.json and the files on disk, field by field,
into actors/NAME/training_data/manifest.json. Nothing is lost: images that
metadata names but that are not there are listed as missing, files that nothing
names are kept and marked, and where sources disagree both values are kept and
reported. The legacy files are not touched, and a second migration does nothing.`,
		Example: "  screentest --data ./data migrate --dry-run\n  screentest --data ./data migrate --json",
		Args:    arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := a.open(cmd.Context())
			if err != nil {
				return err
			}
			m := newMeter(a.stderr, "migrating", "actors")
			report, err := migration.Run(cmd.Context(), s, migration.Options{
				Now: a.now, DryRun: dryRun, Concurrency: migrations, Progress: m.at,
			})
			m.stop()
			if err != nil {
				return err
			}
			return a.printMigration(report, dryRun)
		},
	}
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "say what would be migrated and write nothing")
	return a.reports(cmd)
}

// migrations is how many actors are migrated at once: they wait for the disk
// more than for the processor.
const migrations = 8

func (a *app) printMigration(r migration.Report, dryRun bool) error {
	if a.json {
		if err := a.printJSON(r); err != nil {
			return err
		}
	} else {
		a.printMigrationText(r, dryRun)
	}
	if r.Failed > 0 {
		return partialError{fmt.Errorf("%s could not be migrated", plural(r.Failed, "actor"))}
	}
	return nil
}

func (a *app) printMigrationText(r migration.Report, dryRun bool) {
	done := "migrated"
	if dryRun {
		done = "would be migrated"
	}
	a.printf("%d %s with %s, %d recovered, %d missing; %d already, %d without metadata, %d skipped, %d failed.\n",
		r.Migrated, done, plural(r.Images, "image"), r.Recovered, r.Missing, r.Already, r.WithoutMetadata, r.Skipped, r.Failed)
	for _, c := range r.Conflicts {
		var said []string
		for _, source := range slices.Sorted(maps.Keys(c.Values)) {
			said = append(said, fmt.Sprintf("%s says %s", source, c.Values[source]))
		}
		a.printf("conflict: %s %s: %s: %s; both are kept, neither is used\n",
			printable(string(c.Actor)), printable(c.File), printable(c.Field), printable(strings.Join(said, ", ")))
	}
	for _, p := range r.Problems {
		a.printf("problem: %s: %s\n", printable(p.Where), printable(p.Reason))
	}
	for _, f := range r.Failures {
		a.printf("failed: %s: %s\n", printable(string(f.Actor)), printable(f.Reason))
	}
}
