package main

import (
	"github.com/spf13/cobra"

	"jaanch/internal/instruments/driver"
)

func decodeCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "decode [--json] FILE",
		Short: "show what an analyzer's recorded bytes say",
		Long: `Reads a recorded file through the same code as a live line and shows what it holds: results, queries and
orders. The protocol and the analyzer's profile are found from the bytes alone. The file may hold framed bytes
(ENQ, STX … or MLLP blocks) or bare records; frame numbers are not enforced.

Nothing is stored, and no node needs to run.`,
		Example: "  edge decode capture.astm\n  edge decode --json capture.hl7 | jq .results",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, a []string) error {
			return driver.Run(cmd.OutOrStdout(), a[0], asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object instead of tables")
	return cmd
}
