package release

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"jaanch/internal/httpkit"
	"jaanch/internal/lab"
	"jaanch/internal/store/sqlite/queries"
)

// seen is what a person saw of a visit: of each test a hash of its clinical content, state and open holds, and the value
// itself, so that it can be shown beside the present one when they differ.
type seen map[lab.ID]seenRow

type seenRow struct {
	Item  string `json:"i"`
	Hash  string `json:"h"`
	Value string `json:"v,omitempty"`
}

// seenValue keeps the token short; longer texts are shown cut.
const seenValue = 60

func (c *chart) rowSeen(t queries.OrderTestsRow) (seenRow, error) {
	s := c.standing[lab.ID(t.ID)]
	out := seenRow{Item: lab.ID(t.ID).String(), Value: s.Result.Value}
	var canonical lab.Canonical
	r, filed, err := c.value(t)
	if err != nil {
		return out, err
	}
	if filed {
		hash := r.ContentHash()
		canonical.Line("content", string(hash[:]))
	}
	canonical.Line("state", s.State)
	canonical.Int("level", s.Level)
	canonical.Line("open", strings.Join(s.Open, ","))
	sum := sha256.Sum256(canonical.Bytes())
	out.Hash = hex.EncodeToString(sum[:8])
	if runes := []rune(out.Value); len(runes) > seenValue {
		out.Value = string(runes[:seenValue]) + "…"
	}
	return out, nil
}

// versions writes what stands on the screen, opaque to clients.
func (c *chart) versions() (string, error) {
	rows := make([]seenRow, 0, len(c.tests))
	for _, t := range c.tests {
		row, err := c.rowSeen(t)
		if err != nil {
			return "", err
		}
		rows = append(rows, row)
	}
	raw, err := json.Marshal(rows)
	if err != nil {
		return "", fmt.Errorf("write the versions of a visit: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(raw), nil
}

func parseSeen(text string) (seen, error) {
	bad := lab.Invalid("versions_malformed", "The versions are not those that were given out.", lab.FieldError{Field: "versions", Code: "malformed", Message: "Reload the visit."})
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(raw) > 1<<20 {
		return nil, bad
	}
	var rows []seenRow
	if err := json.Unmarshal(raw, &rows); err != nil {
		return nil, bad
	}
	out := make(seen, len(rows))
	for _, r := range rows {
		id, err := lab.ParseID(r.Item)
		if err != nil {
			return nil, bad
		}
		out[id] = r
	}
	return out, nil
}

// Shown is one side of a test that changed since it was seen.
type Shown struct {
	ItemID lab.ID `json:"item_id"`
	Code   string `json:"code"`
	Value  string `json:"value"`
	State  string `json:"state,omitempty"`
}

// fresh refuses a decision on a visit that is not the one that the person saw, and gives both values of each test that
// differs. Tests outside the chosen ones do not matter; all matter when none is chosen.
func (c *chart) fresh(was seen, chosen []lab.ID) error {
	var current, wanted []Shown
	for _, t := range c.tests {
		id := lab.ID(t.ID)
		if !among(id, chosen) {
			continue
		}
		now, err := c.rowSeen(t)
		if err != nil {
			return err
		}
		if was[id].Hash == now.Hash {
			continue
		}
		current = append(current, Shown{ItemID: id, Code: t.Code, Value: now.Value, State: c.standing[id].State})
		wanted = append(wanted, Shown{ItemID: id, Code: t.Code, Value: was[id].Value})
	}
	if len(current) == 0 {
		return nil
	}
	versions, err := c.versions()
	if err != nil {
		return err
	}
	return httpkit.Stale("visit", c.id, versions, current, wanted)
}

func among(id lab.ID, chosen []lab.ID) bool {
	return len(chosen) == 0 || slices.Contains(chosen, id)
}
