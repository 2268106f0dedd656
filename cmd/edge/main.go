// Command edge is the node of one lab.
package main

import (
	"fmt"
	"os"

	"jaanch/internal/edge/api"
)

func main() {
	if err := api.Document(os.Stdout, "dev"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
