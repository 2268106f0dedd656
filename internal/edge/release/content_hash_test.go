package release_test

import (
	"testing"

	"jaanch/internal/edge/release"
	"jaanch/internal/store/sqlite"
)

// Every verification holds the content hash that stands on the value it was given for: the hub holds one that differs
// back, as a signature on something that its giver has not seen.
func TestVerificationsHoldTheHashOfTheirValue(t *testing.T) {
	t.Parallel()
	b := setupDesk(t)
	visit, _ := lipids(t, b)
	before := b.Rows(t, visit)
	in := release.Amend{Value: "240", Reason: "dilution was not entered", Told: "Dr Demo", Versions: before["CHOL"].Versions}
	if _, err := b.release.Amend(t.Context(), b.path(), b.key32(), before["CHOL"].ItemID, in); err != nil {
		t.Fatal(err)
	}
	var all, same int
	err := b.DB.View(t.Context(), func(tx *sqlite.ReadTx) error {
		return tx.QueryRowContext(t.Context(), `SELECT count(*), coalesce(sum(v.content_hash = r.content_hash), 0)
FROM verification v JOIN result r ON r.id = v.result_id`).Scan(&all, &same)
	})
	if err != nil || all < 9 || same != all {
		t.Errorf("%d of %d verifications hold the hash of their value, %v", same, all, err)
	}
}
