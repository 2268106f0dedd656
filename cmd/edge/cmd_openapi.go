package main

import (
	"github.com/spf13/cobra"

	"jaanch/internal/edge/api"
)

func openapiCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "openapi",
		Short: "print the OpenAPI 3.1 document of the node's API",
		Long: `Prints the OpenAPI 3.1 document of the node's API as JSON, the same that a running node serves at
/api/openapi.json. The screens' client is made from it.`,
		Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return api.Document(cmd.OutOrStdout(), "dev") },
	}
}
