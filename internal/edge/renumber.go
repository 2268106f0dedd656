package edge

import (
	"context"

	"jaanch/internal/lab"
	"jaanch/internal/lab/identifier"
	"jaanch/internal/store/sqlite"
)

// renumber takes the node's new code into use, in the Update that begins a new epoch: what the lost end of the journal
// had numbered is numbered by nobody again. Numbers that exist stay.
func renumber(tx *sqlite.Tx, code string) error {
	if _, err := identifier.ParseNode(code); err != nil {
		return err
	}
	s, err := sqlite.ReadSetting(context.Background(), tx)
	if lab.CodeOf(err) == "not_set_up" {
		return nil // a node that was never set up has nothing to number
	}
	if err != nil {
		return err
	}
	return tx.Change("lab_setting", lab.ID(s.ID), nil, sqlite.Row{"node_code": code})
}
