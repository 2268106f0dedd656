// Command edge is the node of one lab.
package main

import (
	"fmt"
	"os"

	"jaanch/internal/edge/api"
)

func main() {
	doc, err := api.Document("dev")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	_, _ = os.Stdout.Write(doc)
}
